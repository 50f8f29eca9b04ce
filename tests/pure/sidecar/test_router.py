"""Which endpoint serves a path."""

import pytest

from kuberedis_sidecar.api import router
from kuberedis_sidecar.api.model import Request, RequestOptions
from tests.pure.sidecar.calls import content, context, plan, response


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/keys/k", "/keys/{key}"),
        ("POST", "/raw-command/", "/raw-command"),
        ("GET", "/hashes/h/f", "/hashes/{hash}/{field}"),
        ("GET", "/get/k", "/{command}"),
        ("GET", "/Keys/k", "/{command}"),
        ("GET", "//get/k", "/{command}"),
        ("GET", "///keys/k", "/keys/{key}"),
        ("GET", "/keys", "/keys"),
        ("GET", "/keys/", "/keys/{key}"),
    ],
)
def test_path_has_a_route(method: str, path: str, route: str) -> None:
    body = {"command": "PING"} if method == "POST" else b""
    assert plan(method, path, body).route == route


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/keys/a/b"),
        ("GET", "/hashes/a/b/c"),
        ("POST", "/pipeline/x"),
        ("GET", "/docs/x"),
        ("POST", "/multi-exec//"),
    ],
)
def test_path_without_an_endpoint_is_404(method: str, path: str) -> None:
    assert response(method, path).status == 404


def test_root_names_the_instance_and_says_how_to_send_a_command() -> None:
    for path in ("/", ""):
        status, answer = content(response("GET", path))
        assert (status, sorted(answer), answer["instance"]) == (200, ["described_at", "error", "instance"], "cache")
        assert "JSON array" in answer["error"]
    assert response("DELETE", "/").status == 405


@pytest.mark.parametrize(("path", "body"), [("/openapi.json", b"document"), ("/docs", b"page")])
def test_documents_need_no_credential(path: str, body: bytes) -> None:
    def public(method: str, at: str) -> object:
        answer = router.public(Request(method, at.encode(), b"", b"", RequestOptions()), context())
        return answer and (answer.status, answer.body)

    assert public("GET", path) == (200, body)
    assert public("HEAD", path) == (200, body)
    assert public("POST", path) != (200, body)
    assert public("GET", f"{path}/") is None
    assert response("GET", f"{path}/").body == body


@pytest.mark.parametrize("path", ["/", "/keys/docs", "/openapi", "/docs.json", "/get/openapi.json"])
def test_everything_else_needs_a_credential(path: str) -> None:
    assert router.public(Request("GET", path.encode(), b"", b"", RequestOptions()), context()) is None
