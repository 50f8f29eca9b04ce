"""The commands by which the docs install the chart, on each platform: what they set exists, and the operator takes it."""

import subprocess
from typing import Any

import pytest

from kuberedis_operator.settings import OperatorSettings
from tests.harness.documentation import Block, blocks, pages
from tests.install.manifests import ROOT, objects

# The same command, but the chart is written and not installed.
_TEMPLATE = """
helm() {
    local words=()
    for word in "$@"; do
        case $word in
            install | upgrade) words+=(template) ;;
            --install | --create-namespace | --reuse-values) ;;
            *) words+=("$word") ;;
        esac
    done
    command helm "${words[@]}"
}
"""
_COMMANDS = [block for page in pages() for block in blocks(page) if block.language == "sh" and "charts/kuberedis" in block.text]


def _environment(deployment: dict[str, Any], policy: dict[str, Any]) -> dict[str, str]:
    variables = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    settings: dict[str, str] = policy.get("data", {})
    return settings | {each["name"]: each["value"] for each in variables if "value" in each}


@pytest.mark.parametrize("block", _COMMANDS, ids=lambda block: f"{block.page}:{block.line}")
def test_command_sets_what_the_operator_takes(block: Block) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", _TEMPLATE + block.text],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written = objects(done.stdout)
    namespace = next(namespace for kind, namespace, _ in written if kind == "Deployment")
    settings = _environment(written["Deployment", namespace, "kuberedis-operator"], written["ConfigMap", namespace, "kuberedis-policy"])
    assert OperatorSettings.from_environ(settings)
