"""Whether everybody can use a page; axe finds what people with a screen reader or a keyboard cannot (https://github.com/dequelabs/axe-core)."""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

_LOCKED = Path(__file__).parents[1] / "dashboard" / "node"
_INSTALL_SECONDS = 60


def problems(page: Page) -> list[str]:
    """What keeps people from using a page: what axe finds, and what is beside the screen."""
    return violations(page) + beside_the_screen(page)


def beside_the_screen(page: Page) -> list[str]:
    """Whether something has to be scrolled to the side that does not scroll by itself."""
    beyond: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{beyond} pixels beside the screen"] if beyond > 0 else []


def violations(page: Page) -> list[str]:
    """The rules that a page violates, each with the first place; none if everybody can use it."""
    # The debugger puts the script in, to which the page's content security policy does not apply.
    page.evaluate(_script())
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [f"{each['id']}: {each['nodes'][0]['target'][0]}: {each['nodes'][0]['failureSummary']}" for each in found["violations"]]


@cache
def _script() -> str:
    npm = shutil.which("npm")
    assert npm, "npm is not installed"
    with TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_LOCKED / name, folder)
        subprocess.run([npm, "ci", "--ignore-scripts"], cwd=folder, check=True, capture_output=True, timeout=_INSTALL_SECONDS)
        return (Path(folder) / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
