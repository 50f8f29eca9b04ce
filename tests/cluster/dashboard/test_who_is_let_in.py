"""What a request has to prove before the dashboard looks at it: each line of its security contract, over HTTP."""

from collections.abc import Mapping
from http.cookies import SimpleCookie

import httpx
import pytest

from kuberedis_dashboard.app import CLUSTER_PAGES, PAGES
from tests.harness.control_plane import ADMIN
from tests.harness.dashboard import Dashboard, running_dashboard
from tests.harness.dashboard_cluster import ALICE, BOB, EVE, DashboardCluster
from tests.harness.ports import free_port

NAMES = {"team-a": "of-team-a", "team-b": "of-team-b"}


@pytest.fixture(scope="module", autouse=True)
def instances(dashboard_cluster: DashboardCluster) -> None:
    for namespace, name in NAMES.items():
        dashboard_cluster.create(namespace, name)


def own_form(dashboard: Dashboard) -> dict[str, str]:
    """The fields with which a browser sends a form of the dashboard."""
    return {"Sec-Fetch-Site": "same-origin", "Origin": dashboard.origin}


def signed_in(client: httpx.Client, dashboard: Dashboard, token: str) -> dict[str, str]:
    """The field with the cookie of a new session."""
    response = client.post("/sign-in", data={"token": token}, headers=own_form(dashboard))
    assert response.status_code == 200, response.text
    cookie = SimpleCookie(response.headers["set-cookie"])
    return {"Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in cookie.items())}


@pytest.mark.parametrize("path", ["/", "/sign-in", "/assets/0123456789abcdef/dashboard.css", "/nothing-there", "/live"])
@pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1", "127.0.0.1:1", "localhost:{port}", "127.0.0.1:{port}.attacker.example"])
def test_request_for_another_host_is_refused(client: httpx.Client, dashboard: Dashboard, host: str, path: str) -> None:
    headers = {"Host": host.format(port=dashboard.port), "Authorization": f"Bearer {ALICE}"}
    response = client.get(path, headers=headers)
    assert response.status_code == 421
    assert not any(name in response.text for name in NAMES.values())


FROM_ELSEWHERE: Mapping[str, dict[str, str]] = {
    "nothing": {},
    "no origin": {"Sec-Fetch-Site": "same-origin"},
    "no site": {"Origin": "{origin}"},
    "another site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://attacker.example"},
    "another port": {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"},
    "another port, that lies": {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:1"},
    "an origin that is hidden": {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    "the address bar": {"Sec-Fetch-Site": "none", "Origin": "{origin}"},
    "the same host by another scheme": {"Sec-Fetch-Site": "same-origin", "Origin": "https://127.0.0.1:{port}"},
}


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
@pytest.mark.parametrize("sent", FROM_ELSEWHERE)
def test_form_of_another_page_is_refused(client: httpx.Client, dashboard: Dashboard, sent: str, path: str) -> None:
    cookie = signed_in(client, dashboard, ALICE)
    headers = {name: value.format(origin=dashboard.origin, port=dashboard.port) for name, value in FROM_ELSEWHERE[sent].items()}
    response = client.post(path, data={"token": BOB}, headers={**headers, **cookie})
    assert response.status_code == 403
    assert "set-cookie" not in response.headers
    # Nor has it signed anybody out.
    assert client.get("/", headers=cookie).status_code == 200


FORMS = [route.path for page in (*PAGES, *CLUSTER_PAGES) for route in page if "POST" in route.methods]


@pytest.mark.parametrize("path", FORMS)
def test_every_form_is_taken_from_own_pages_only(client: httpx.Client, path: str) -> None:
    address = path.replace("<namespace:str>", "team-a").replace("<name:str>", NAMES["team-a"])
    for headers in ({}, FROM_ELSEWHERE["no origin"], FROM_ELSEWHERE["another site"], FROM_ELSEWHERE["another port"]):
        response = client.post(address, data={"name": NAMES["team-a"]}, headers={**headers, "Authorization": f"Bearer {ALICE}"})
        assert response.status_code == 403
        assert "the request" in response.text


def test_name_of_a_user_is_text(client: httpx.Client) -> None:
    page = client.get("/", headers={"Authorization": f"Bearer {EVE}"})
    assert page.status_code == 200
    assert "&lt;script&gt;document.title=&#39;taken&#39;&lt;/script&gt;\\u202egnp" in page.text
    assert "\u202e" not in page.text


def test_session_is_a_random_cookie_that_no_script_and_no_other_site_gets(client: httpx.Client, dashboard: Dashboard) -> None:
    cookies = []
    for token in (ALICE, ALICE):
        response = client.post("/sign-in", data={"token": token}, headers=own_form(dashboard))
        field = response.headers["set-cookie"]
        name, _, rest = field.partition("=")
        value, *attributes = rest.split("; ")
        cookies.append(value)
        assert name.startswith("__Host-")
        assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(attributes)
        assert "Domain" not in field
        assert len(value) >= 43
        assert ALICE not in response.text + str(response.headers)
    assert len(set(cookies)) == 2


def test_cookie_that_the_browser_brought_along_is_not_taken_over(client: httpx.Client, dashboard: Dashboard) -> None:
    before = signed_in(client, dashboard, ALICE)
    after = client.post("/sign-in", data={"token": BOB}, headers={**own_form(dashboard), **before})
    assert before["Cookie"].partition("=")[2] not in after.headers["set-cookie"]
    assert client.get("/", headers=before).status_code == 303


def test_cookie_opens_nothing_after_sign_out(client: httpx.Client, dashboard: Dashboard) -> None:
    cookie = signed_in(client, dashboard, ALICE)
    assert NAMES["team-a"] in client.get("/", headers=cookie).text
    left = client.post("/sign-out", headers={**own_form(dashboard), **cookie})
    assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
    again = client.get("/", headers=cookie)
    assert (again.status_code, again.headers["location"]) == (303, "/sign-in?next=%2F")


@pytest.mark.parametrize(
    ("headers", "seen"),
    [
        ({"Authorization": f"Bearer {ALICE}"}, ["team-a", "team-b"]),
        ({"Authorization": f"bearer {BOB}", "Cookie": "__Host-kuberedis-namespace=team-b"}, ["team-b"]),
        ({"Authorization": f"Bearer {ADMIN}", "Impersonate-User": "bob", "Cookie": "__Host-kuberedis-namespace=team-b"}, ["team-b"]),
    ],
)
def test_proxy_that_authenticates_brings_the_rights_of_its_user(client: httpx.Client, headers: dict[str, str], seen: list[str]) -> None:
    text = client.get("/", headers=headers).text
    assert [namespace for namespace, name in NAMES.items() if name in text] == seen


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YWxpY2U6cGFzc3dvcmQ="},
        {"Impersonate-User": "admin", "Impersonate-Group": "system:masters"},
        {"Cookie": "__Host-kuberedis=guessed"},
    ],
)
def test_nobody_is_anonymous(client: httpx.Client, headers: dict[str, str]) -> None:
    for path in ("/", "/live"):
        response = client.get(path, headers=headers)
        assert response.status_code == 303
        assert response.headers["location"].startswith("/sign-in")


def test_credential_that_the_api_server_does_not_know_leads_to_the_sign_in_page(client: httpx.Client) -> None:
    headers = {"Authorization": "Bearer of-nobody"}
    assert client.get("/", headers=headers).headers["location"].startswith("/sign-in")
    assert '"status":401' in client.get("/live", headers=headers).text


def test_impersonation_needs_the_right_to(client: httpx.Client) -> None:
    response = client.get("/", headers={"Authorization": f"Bearer {BOB}", "Impersonate-User": "alice"})
    assert response.status_code == 403
    assert "cannot impersonate" in response.text


def test_without_a_credential_the_api_server_is_not_asked(dashboard_cluster: DashboardCluster) -> None:
    with running_dashboard(dashboard_cluster.plane, {"KUBEREDIS_KUBERNETES_URL": f"https://127.0.0.1:{free_port()}"}) as running:
        assert httpx.get(running.origin + "/").status_code == 303
        refused = httpx.get(running.origin + "/", headers={"Authorization": f"Bearer {ALICE}"})
    assert refused.status_code == 503
    assert "the API server does not answer" in refused.text


@pytest.mark.parametrize(
    ("token", "status", "said"),
    [
        ("", 422, "Paste a token."),
        ("two words", 422, "This is not a token"),
        ("gerätselt", 422, "This is not a token"),
        ("x" * 20_000, 422, "too long"),
        ("of-nobody", 401, "does not accept this token"),
    ],
)
def test_refusal_says_what_is_wrong(client: httpx.Client, dashboard: Dashboard, token: str, status: int, said: str) -> None:
    response = client.post("/sign-in", data={"token": token}, headers=own_form(dashboard))
    assert (response.status_code, said in response.text) == (status, True)
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(
    ("following", "leads_to"),
    [
        ("/?q=of-team-a", "/?q=of-team-a"),
        ("//attacker.example/", "/"),
        ("/\\attacker.example/", "/"),
        ("https://attacker.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/attacker.example", "/"),
        ('/"><script>alert(1)</script>', "/&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"),
    ],
)
def test_signing_in_leads_back_to_a_page_of_the_dashboard_only(
    client: httpx.Client, dashboard: Dashboard, following: str, leads_to: str
) -> None:
    response = client.post("/sign-in", data={"token": ALICE, "next": following}, headers=own_form(dashboard))
    assert f'content="0; url={leads_to}"' in response.text


def test_link_of_another_site_is_answered_with_a_page_that_leads_on(client: httpx.Client) -> None:
    response = client.get("/?q=x", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"})
    assert response.status_code == 200
    assert 'content="0; url=/?q=x"' in response.text


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nothing-there", "/healthz", "/?namespace=Not_a_name", "/assets/x/y.css", "/enter"])
def test_every_response_has_the_fields_that_protect_it(client: httpx.Client, path: str) -> None:
    for headers in ({}, {"Authorization": f"Bearer {ALICE}"}, {"Host": "attacker.example"}):
        response = client.get(path, headers=headers)
        policy = response.headers["content-security-policy"]
        assert policy == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
            " base-uri 'none'; frame-ancestors 'none'"
        )
        fields = (
            "x-content-type-options",
            "cross-origin-opener-policy",
            "cross-origin-resource-policy",
            "referrer-policy",
            "cache-control",
        )
        assert [response.headers[field] for field in fields] == ["nosniff", "same-origin", "same-origin", "same-origin", "no-store"]


def test_there_is_no_entry_by_a_link_in_a_cluster(client: httpx.Client) -> None:
    assert client.get("/enter?code=x").status_code == 404


def test_log_has_neither_tokens_nor_cookies(client: httpx.Client, dashboard: Dashboard) -> None:
    cookie = signed_in(client, dashboard, ALICE)
    client.get("/?q=secret-of-a-query", headers=cookie)
    log = "\n".join(dashboard.output.so_far())
    assert not any(secret in log for secret in (ALICE, BOB, cookie["Cookie"].partition("=")[2], "secret-of-a-query"))
