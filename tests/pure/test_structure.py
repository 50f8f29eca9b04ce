"""What the structure of the code promises and no linter holds: short modules, and each fact of the contract in one place."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_LINES = 300

PACKAGES = (
    "core/kuberedis_core",
    "sidecar/kuberedis_sidecar",
    "operator/kuberedis_operator",
    "dashboard/kuberedis_dashboard",
    "cli/kuberedis_cli",
)
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
_TOOLS = ("tests", "bench", "monitoring", "website")
_TESTS = (path for folder in _TOOLS for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts)
EVERYTHING = [*SOURCES, *_TESTS]

FACTS = (
    "api_key_previous",
    "cache.yourcompany.com",
    "RedisHttpInstance",
    "redishttpinstances",
    "v1alpha1",
    "kuberedis-operator",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "dump.rdb",
    "live.json",
    "KUBEREDIS_",
)
"""Texts of the contract that at least two modules need."""


def test_no_module_is_longer_than_300_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in EVERYTHING}
    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}


@pytest.mark.parametrize("fact", FACTS)
def test_fact_of_the_contract_is_declared_once(fact: str) -> None:
    assert len([path for path in SOURCES if fact in _declared(path)]) == 1


@pytest.mark.parametrize("fact", ["apps/v1", "networking.k8s.io/v1", "statefulsets", "services", "httproutes"])
def test_kind_is_declared_once_in_the_operator(fact: str) -> None:
    assert [path.name for path in SOURCES if path.is_relative_to(ROOT / "operator") and fact in _declared(path)] == ["kinds.py"]


def test_variable_of_the_sidecar_is_named_once() -> None:
    variables = [text for path in SOURCES for text in _declared(path) if text.startswith("KUBEREDIS_") and text != "KUBEREDIS_"]
    assert sorted(variables) == sorted(set(variables))


def test_commands_write_only_by_the_modules_that_escape_what_others_wrote() -> None:
    commands = [path for path in SOURCES if path.is_relative_to(ROOT / "cli") and path.parent.name != "output"]
    calls = [(path.name, ast.unparse(node.func)) for path in commands for node in _calls(path)]
    assert [call for call in calls if call[1] in ("print", "typer.echo", "sys.stdout.write", "sys.stderr.write", "Console")] == []


def _calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]


@cache
def _declared(path: Path) -> frozenset[str]:
    """The texts of a module that are no documentation: constants, keys and arguments."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {id(text) for text in _documentation(tree)}
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in documentation)
    return frozenset(node.value for node in constants if isinstance(node.value, str))


def _documentation(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            yield node.value
