"""Every example of the documentation is run by a test, or it is said why it is not; every manifest is one."""

import json
import re
from itertools import chain

import pytest
import yaml

from kuberedis_core.crd.manifest import read_manifest
from tests.docs.coverage import COVERAGE, LANGUAGES, Run, coverage
from tests.harness.documentation import ROOT, Block, blocks, pages

_VARIABLE = re.compile(r"\bKUBEREDIS(?:_[A-Z0-9]+)+\b(?!_)")
_BLOCKS = list(chain.from_iterable(blocks(page) for page in pages()))


def _of(*languages: str) -> list[Block]:
    return [block for block in _BLOCKS if block.language in languages]


def test_each_example_is_run_or_said_not_to_be() -> None:
    unsaid = {(block.page, block.section) for block in _of(*LANGUAGES) if coverage(block.page, block.section) is None}
    assert unsaid == set(), "say in tests/docs/coverage.py how they are run, or why they are not"


def test_nothing_is_said_of_examples_that_are_not_there() -> None:
    there = {(block.page, block.section) for block in _of(*LANGUAGES)}
    said = {(page, section) for page, entry in COVERAGE.items() if isinstance(entry, dict) for section in entry}
    assert said - there == set()
    assert {page for page, entry in COVERAGE.items() if entry is not Run.COMMANDS} - {page for page, _ in there} == set()


def test_each_block_says_its_language() -> None:
    unsaid = [block for block in _BLOCKS if not block.language and coverage(block.page, block.section) is not Run.COMMANDS]
    assert [f"{block.page}:{block.line}" for block in unsaid] == []


@pytest.mark.parametrize("block", _of("yaml"), ids=lambda block: f"{block.page}:{block.line}")
def test_yaml_is_yaml_and_instances_are_accepted(block: Block) -> None:
    documents = list(yaml.safe_load_all(block.text))
    assert all(isinstance(document, dict) for document in documents)
    for document in documents:
        if document.get("kind") == "RedisHttpInstance":
            read_manifest(document)


@pytest.mark.parametrize("block", _of("json"), ids=lambda block: f"{block.page}:{block.line}")
def test_json_is_json(block: Block) -> None:
    for line in block.text.splitlines():
        json.loads(line)


def test_each_variable_that_a_page_names_is_described_in_a_table() -> None:
    named = {(page, variable) for page in pages() for variable in _VARIABLE.findall((ROOT / page).read_text(encoding="utf-8"))}
    rows = [line for page in pages() for line in (ROOT / page).read_text(encoding="utf-8").splitlines() if line.startswith("| `KUBEREDIS_")]
    described = {variable for row in rows for variable in _VARIABLE.findall(row.split("|")[1])}
    assert {(page, variable) for page, variable in named if variable not in described} == set()
