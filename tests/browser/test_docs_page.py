"""The page at ``/docs`` in a real browser, under the content security policy that it is served with."""

import re
from pathlib import Path

import httpx
import pytest

from tests.browser.chromium import Visit
from tests.harness.sidecar import Sidecar

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def visit(sidecar: Sidecar, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    return Visit(f"{sidecar.url}/docs", tmp_path_factory.mktemp("chromium"))


def test_the_page_shows_every_operation(visit: Visit, http: httpx.Client) -> None:
    paths = http.get("/openapi.json").json()["paths"]
    shown = re.findall(r'<details id="(\w+)"', visit.dom)
    assert sorted(shown) == sorted(row["operationId"] for methods in paths.values() for row in methods.values())


def test_the_page_makes_no_further_request(visit: Visit) -> None:
    assert visit.requested == set()


def test_a_page_that_loads_something_would_be_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<img src="http://127.0.0.1:9/x.png"><link rel="stylesheet" href="https://cdn.example/x.css">')
    assert Visit(page.as_uri(), tmp_path).requested == {"http://127.0.0.1:9/x.png", "https://cdn.example/x.css"}


def test_the_browser_has_no_complaint(visit: Visit) -> None:
    assert visit.console == []


def test_a_policy_that_forbids_the_styles_would_be_noticed(visit: Visit, tmp_path: Path) -> None:
    policy = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
    strict = tmp_path / "strict.html"
    strict.write_text(visit.dom.replace("<head>", f"<head>{policy}", 1))
    assert any("Content Security Policy" in line for line in Visit(strict.as_uri(), tmp_path).console)
