"""What is decided about a request before it reaches a page, and what a response is made of."""

import pytest

from kuberedis_core.environment import SettingsError
from kuberedis_dashboard.errors import Conflict, DashboardError, Expired, Invalid, NotAllowed, NotFound, SignedOut, Unavailable, api_error
from kuberedis_dashboard.http.route import Route
from kuberedis_dashboard.http.sse import encode
from kuberedis_dashboard.http.templates import Addresses
from kuberedis_dashboard.kube.credential import passed_through
from kuberedis_dashboard.session.request_checks import origin_of
from kuberedis_dashboard.settings import DashboardSettings


async def nothing(_: object) -> None:
    pass


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ([], None),
        ([("Authorization", "Basic x")], None),
        ([("Authorization", "Bearer a")], [("Authorization", "Bearer a")]),
        # Which of two would count is the receiver's choice, so that none does.
        ([("Authorization", "Bearer a"), ("Authorization", "Bearer b")], None),
        ([("Impersonate-User", "admin")], None),
        ([("Authorization", "Bearer a\x00b")], None),
        ([("Authorization", "Bearer a"), ("Impersonate-User", "a\udcff")], None),
        (
            [("authorization", "bearer a"), ("Cookie", "c"), ("Impersonate-Group", "x"), ("Impersonate-Group", "y")],
            [("authorization", "bearer a"), ("Impersonate-Group", "x"), ("Impersonate-Group", "y")],
        ),
    ],
)
def test_credential_of_a_proxy_is_passed_on_whole_or_not_at_all(headers: list[tuple[str, str]], sent: list[tuple[str, str]] | None) -> None:
    credential = passed_through(headers)
    assert (None if credential is None else list(credential.headers)) == sent


@pytest.mark.parametrize(
    ("host", "is_own"),
    [("127.0.0.1:80", False), ("board.example.com", True), ("BOARD.example.com", True), ("board.example.com.", False), ("", False)],
)
def test_host_is_one_of_its_own(host: str, is_own: bool) -> None:
    assert (origin_of(host, ["https://board.example.com"]) is not None) is is_own


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a", ["data: a"]),
        ("a\nb", ["data: a", "data: b"]),
        # None of them begins another message.
        ("a\r\n\r\nevent: figures\rdata: x", ["data: a", "data: ", "data: event: figures", "data: data: x"]),
    ],
)
def test_text_cannot_begin_another_message(text: str, lines: list[str]) -> None:
    assert encode(text) == "".join(f"{line}\n" for line in lines) + "\n"
    assert encode(text, "name", "7").startswith("event: name\nid: 7\n")


@pytest.mark.parametrize(
    ("values", "address"),
    [
        ({"namespace": "a", "name": "b"}, "/ui/instances/a/b"),
        ({"namespace": "a/../x", "name": "?"}, "/ui/instances/a%2F..%2Fx/%3F"),
        ({"namespace": "a", "name": "b", "q": "x&y", "page": None, "text": ""}, "/ui/instances/a/b?q=x%26y"),
    ],
)
def test_address_has_its_parameters_escaped_and_the_others_as_its_query(values: dict[str, object], address: str) -> None:
    routes = [Route("instance", "/instances/<namespace:str>/<name:str>", nothing)]
    assert Addresses.of(routes, "/ui").url("instance", **values) == address


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (401, SignedOut),
        (403, NotAllowed),
        (404, NotFound),
        (409, Conflict),
        (410, Expired),
        (422, Invalid),
        (400, Invalid),
        (500, Unavailable),
    ],
)
def test_status_of_the_api_server_is_an_error_that_says_what_to_do(code: int, kind: type[DashboardError]) -> None:
    error = api_error(code, {"message": "two\nlines \u202e", "details": {"causes": [{"field": "spec.x", "message": "wrong"}, 7]}})
    assert type(error) is kind
    assert error.message == "two lines \\u202e"
    assert error.advice
    if isinstance(error, Invalid):
        assert error.causes == {"spec.x": "wrong"}


@pytest.mark.parametrize("status", [None, [], "x", {"message": None}, {"details": []}, {"details": {"causes": 7}}])
def test_status_that_cannot_be_read_is_an_error_too(status: object) -> None:
    assert "418" in api_error(418, status).message


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "KUBEREDIS_DASHBOARD_URL: not set"),
        ({"KUBEREDIS_DASHBOARD_URL": "board.example.com"}, "write for example https://"),
        ({"KUBEREDIS_DASHBOARD_URL": "https://board.example.com/path"}, "write for example https://"),
        ({"KUBEREDIS_DASHBOARD_URL": "https://*.example.com"}, "write for example https://"),
        ({"KUBEREDIS_DASHBOARD_URL": "*"}, "write for example https://"),
        ({"KUBEREDIS_DASHBOARD_URL": "https://b.example", "KUBEREDIS_PROMETHEUS_URL": "prometheus"}, "KUBEREDIS_PROMETHEUS_URL"),
    ],
)
def test_setting_that_does_not_fit_is_named(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said.replace(".", r"\.")):
        DashboardSettings.from_environ(environ)
