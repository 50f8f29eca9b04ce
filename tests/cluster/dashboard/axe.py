"""Accessibility of a page, by axe-core (https://github.com/dequelabs/axe-core)."""

import shutil
import subprocess
from pathlib import Path

from playwright.sync_api import Page

_SOURCE = Path(__file__).parent / "node"
_INSTALL_SECONDS = 60


def install(folder: Path) -> str:
    """Install the locked axe-core into `folder`, which must not exist, and return its script."""
    shutil.copytree(_SOURCE, folder, ignore=shutil.ignore_patterns("node_modules"))
    program = shutil.which("npm")
    assert program, "npm is not installed"
    subprocess.run([program, "ci", "--ignore-scripts"], cwd=folder, check=True, capture_output=True, timeout=_INSTALL_SECONDS)
    return (folder / "node_modules/axe-core/axe.min.js").read_text()


def violations(page: Page, script: str) -> list[str]:
    """What the page does wrong, each with the elements that do."""
    # By the debugger, which the page's content security policy does not concern.
    page.evaluate(script)
    found: list[dict[str, object]] = page.evaluate(
        "async () => (await axe.run()).violations.map(({id, nodes}) => ({id, where: nodes.map(node => node.target.join(' '))}))"
    )
    return [f"{each['id']}: {each['where']}" for each in found]
