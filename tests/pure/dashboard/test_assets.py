"""Scripts and styles: what others wrote is unmodified, and what every page loads is small."""

import json
from pathlib import Path

import pytest

from kuberedis_dashboard.http.assets import STATIC, Assets
from kuberedis_dashboard.http.security_fields import security_fields
from kuberedis_dashboard.http.vendored import FOLDER, RECORD, hash_of

ON_EVERY_PAGE = {"js": (["htmx.min.js", "hx-sse.min.js", "dashboard.js"], 20 * 1024), "css": (["dashboard.css"], 4 * 1024)}


def test_files_of_others_are_those_that_the_record_names() -> None:
    record = json.loads(RECORD.read_text())
    assert {file.name: hash_of(file.read_bytes()) for file in FOLDER.iterdir() if file != RECORD} == {
        name: entry["sha512"] for name, entry in record.items()
    }


@pytest.mark.parametrize("kind", ON_EVERY_PAGE)
def test_what_every_page_loads_is_small(kind: str) -> None:
    names, most = ON_EVERY_PAGE[kind]
    assets = Assets()
    found = [assets.find(assets.path(name)) for name in names]
    assert sum(len(asset.compressed) for asset in found if asset is not None) <= most


def test_other_content_has_another_address(tmp_path: Path) -> None:
    paths = set()
    for content in ("a", "b"):
        (tmp_path / "x.css").write_text(content)
        paths.add(Assets(tmp_path).path("x.css"))
    assert len(paths) == 2
    assert Assets().find("0123456789abcdef/dashboard.css") is None
    assert (STATIC / "own" / "dashboard.css").is_file()


@pytest.mark.parametrize(
    ("content_type", "is_document"),
    [
        ("text/html; charset=utf-8", True),
        ("image/svg+xml", True),
        (None, True),
        ("text/css; charset=utf-8", False),
        ("text/javascript; charset=utf-8", False),
    ],
)
def test_all_that_a_browser_can_show_has_the_policy(content_type: str | None, is_document: bool) -> None:
    fields = security_fields(content_type)
    assert ("Content-Security-Policy" in fields) == is_document
    assert fields["X-Content-Type-Options"] == "nosniff"
