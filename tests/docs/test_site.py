"""The site of the documentation is built without a warning, works without the internet, and everybody can use it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.documentation import ROOT

_SCRIPTS = ROOT / "website/node_modules"
_SECONDS = 600
"""For a machine with much else to do; by themselves they take ten."""

KINDS_OF_PAGES = ("troubleshoot/failure-modes.html", "understand/architecture.html", "use/clients.html")
"""Between them they have what a page can have: code of each language, diagrams, tables that are wider than a phone."""


def _run(*command: str, **environment: str) -> str:
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as `make docs` builds it."""
    if not (_SCRIPTS / "iframe-worker").is_dir():
        npm = shutil.which("npm")
        assert npm, "npm is not installed"
        _run(npm, "ci", "--ignore-scripts", "--prefix", "website")
    folder = tmp_path_factory.mktemp("site")
    _run(sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder), NO_MKDOCS_2_WARNING="1")
    return folder


@pytest.mark.slow
@pytest.mark.timeout(2 * _SECONDS)
def test_everybody_can_use_the_site_and_search_it_without_a_server(site: Path) -> None:
    assert json.loads(_run(sys.executable, "-m", "tests.docs.audit", str(site), *KINDS_OF_PAGES)) == {}


def test_site_names_no_script_or_style_of_others(site: Path) -> None:
    pages = [page.read_text(encoding="utf-8") for page in site.rglob("*.html")]
    assert len(pages) > 40
    for page in pages:
        assert 'src="http' not in page
        assert 'rel="stylesheet" href="http' not in page
