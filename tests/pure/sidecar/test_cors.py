"""Which origins may read responses."""

import pytest

from kuberedis_sidecar.http import cors

_APP = "https://app.example.com"


@pytest.mark.parametrize(
    ("origin", "origins", "expected"),
    [
        (_APP, set(), {}),
        ("", {_APP}, {"Vary": "Origin"}),
        ("https://other.example.com", {_APP}, {"Vary": "Origin"}),
    ],
)
def test_other_origins_get_no_permission(origin: str, origins: set[str], expected: dict[str, str]) -> None:
    assert cors.headers(origin, frozenset(origins)) == expected


@pytest.mark.parametrize("origins", [{_APP}, {"*"}])
def test_allowed_origin_is_named(origins: set[str]) -> None:
    fields = cors.headers(_APP, frozenset(origins))
    assert fields["Access-Control-Allow-Origin"] == _APP
    assert fields["Vary"] == "Origin"
    assert "X-Request-Id" in fields["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(("requested", "expected"), [("", "Authorization, Content-Type"), ("x-custom", "x-custom")])
def test_preflight_allows_the_requested_headers(requested: str, expected: str) -> None:
    answer = cors.preflight(requested)
    assert answer.status == 204
    assert ("Access-Control-Allow-Headers", expected) in answer.headers
