"""Making, changing and deleting instances in a browser, in front of a real API server that decides who may."""

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from kuberedis_core.credentials import InstanceKey, Token
from kuberedis_dashboard.views.form_values import values_of
from kuberedis_sidecar.auth.tokens import verify
from tests.dashboard.editing.conftest import ALICE, BOB, SignIn
from tests.dashboard.editing.objects import HOSTILE, KEY, TEAM, URL, Team
from tests.harness.axe import violations
from tests.harness.dashboard import Dashboard

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("control_plane")]


@pytest.fixture
def team() -> Team:
    return Team()


def address(dashboard: Dashboard, name: str, page: str) -> str:
    return f"{dashboard.origin}/instances/{TEAM}/{name}/{page}"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def post(dashboard: Dashboard, cookies: dict[str, Any], token: str, path: str, **form: str) -> httpx.Response:
    """A form as a browser sends it, whether a page offers it or not."""
    jar = {cookie["name"]: cookie["value"] for cookie in cookies[token]}
    headers = {"Origin": dashboard.origin, "Sec-Fetch-Site": "same-origin"}
    return httpx.post(f"{dashboard.origin}{path}", data=form, cookies=jar, headers=headers)


def test_what_is_wrong_is_shown_while_somebody_types_and_nothing_is_made_before(dashboard: Dashboard, sign_in: SignIn, team: Team) -> None:
    page = sign_in()
    page.goto(f"{dashboard.origin}/new?namespace={TEAM}")
    page.click(".others > summary")
    page.fill("#field-name", "orders")
    capacity = page.locator("#field-capacity")
    capacity.fill("1 GB")
    expect(page.locator("#field-capacity-problem")).to_have_text("write a quantity of bytes, for example 512Mi or 1Gi")
    expect(capacity).to_have_attribute("aria-invalid", "true")
    # Neither what is typed nor where, nor what is open, is disturbed by the answer.
    expect(capacity).to_be_focused()
    expect(page.locator("#field-config")).to_be_visible()
    capacity.press_sequentially("x")
    expect(capacity).to_have_value("1 GBx")
    capacity.fill("2Gi")
    expect(page.locator(".checked")).to_have_text("The API server would take this.")
    expect(page.locator("#manifest")).to_contain_text("capacity: 2Gi")
    assert not team.has("orders")
    page.fill("#field-config", "notify-keyspace-events Ex")
    press(page, "Create")
    page.wait_for_url(re.compile("/(instances|.*namespace=)"))
    assert team.spec("orders")["config"] == {"notify-keyspace-events": "Ex"}
    assert team.spec("orders")["capacity"] == "2Gi"
    page.goto(f"{dashboard.origin}/new?namespace={TEAM}")
    page.fill("#field-name", "orders")
    expect(page.locator("#field-name-problem")).to_have_text(f"There is an instance orders in {TEAM} already.")


def test_forms_work_without_javascript(dashboard: Dashboard, sign_in: SignIn, team: Team) -> None:
    page = sign_in(java_script_enabled=False)
    page.goto(f"{dashboard.origin}/new?namespace={TEAM}")
    page.fill("#field-name", "plain")
    page.fill("#field-capacity", "much")
    press(page, "Create")
    assert "write a quantity" in page.inner_text("#field-capacity-problem")
    page.fill("#field-capacity", "1Gi")
    press(page, "Create")
    assert team.has("plain")
    page.goto(address(dashboard, "plain", "edit"))
    page.select_option("#field-evictionPolicy", "allkeys-lfu")
    press(page, "Save")
    assert team.spec("plain")["evictionPolicy"] == "allkeys-lfu"
    page.goto(address(dashboard, "plain", "delete"))
    page.fill("#name", "plain")
    page.click("main form button")
    assert not team.has("plain")


def test_change_is_explained_before_it_is_made_and_touches_nothing_else(dashboard: Dashboard, sign_in: SignIn, team: Team) -> None:
    team.put("explained", podTemplate={"labels": {"team": "a"}}, config={"maxclients": "500", "note": HOSTILE})
    page = sign_in()
    page.goto(address(dashboard, "explained", "edit"))
    page.fill("#field-version", "8.2")
    expect(page.locator("#effects .restart")).to_contain_text("Redis restarts")
    assert "version" not in team.spec("explained")
    page.fill("#field-capacity", "512Mi")
    expect(page.locator("#field-capacity-problem")).to_contain_text("a volume cannot shrink: write 1Gi or more")
    page.fill("#field-capacity", "2Gi")
    expect(page.locator("#effects")).to_contain_text("The volume grows without a restart")
    press(page, "Save")
    page.wait_for_url(re.compile("^((?!/edit).)*$"))
    spec = team.spec("explained")
    assert (spec["version"], spec["capacity"], spec["podTemplate"]["labels"]) == ("8.2", "2Gi", {"team": "a"})
    assert spec["config"] == {"maxclients": "500", "note": HOSTILE}
    assert "owned" not in page.title()


def test_somebody_elses_change_is_shown_beside_yours_and_not_undone(dashboard: Dashboard, sign_in: SignIn, team: Team) -> None:
    team.put("shared")
    page = sign_in()
    page.goto(address(dashboard, "shared", "edit"))
    # What the operator writes is no conflict.
    team.write_status("shared", primary="shared-0")
    page.fill("#field-maxmemory", "256Mi")
    press(page, "Save")
    page.wait_for_url(re.compile("^((?!/edit).)*$"))
    page.goto(address(dashboard, "shared", "edit"))
    team.patch("shared", capacity="2Gi")
    page.fill("#field-capacity", "4Gi")
    press(page, "Save")
    expect(page.locator("tbody tr")).to_have_text(re.compile(r"Capacity\s*1Gi\s*2Gi\s*4Gi"))
    assert team.spec("shared")["capacity"] == "2Gi"
    press(page, "Save")
    page.wait_for_url(re.compile("^((?!/edit).)*$"))
    assert (team.spec("shared")["capacity"], team.spec("shared")["maxmemory"]) == ("4Gi", "256Mi")


def test_only_the_instance_that_was_seen_is_deleted_and_only_by_its_name(
    dashboard: Dashboard, sign_in: SignIn, team: Team, cookies: dict[str, Any]
) -> None:
    team.put("doomed", deletionPolicy="Delete")
    page = sign_in()
    page.goto(address(dashboard, "doomed", "delete"))
    expect(page.locator("main")).to_contain_text("Its volume is deleted with all data")
    page.fill("#name", "domed")
    page.click("main form button")
    expect(page.locator("#name-help")).to_have_text("Type doomed to delete it.")
    team.delete("doomed")
    team.put("doomed")
    page.fill("#name", "doomed")
    page.click("main form button")
    expect(page.locator("main")).to_contain_text("made another of the same name")
    assert post(dashboard, cookies, ALICE, f"/instances/{TEAM}/doomed/delete", name="doomed").status_code == 409
    assert team.has("doomed")
    page.goto(address(dashboard, "doomed", "delete"))
    page.fill("#name", "doomed")
    page.click("main form button")
    page.wait_for_url(re.compile("namespace="))
    assert not team.has("doomed")


def test_key_is_shown_only_when_asked_for_and_for_half_a_minute(dashboard: Dashboard, sign_in: SignIn, team: Team) -> None:
    team.put("locked")
    page = sign_in()
    page.goto(address(dashboard, "locked", "key"))
    assert KEY not in page.content()
    with page.expect_response(lambda response: response.request.method == "POST") as answer:
        press(page, "Show the key for 30 seconds")
    assert answer.value.headers["cache-control"] == "no-store"
    assert answer.value.headers["refresh"].startswith("30; url=")
    assert "content-encoding" not in answer.value.headers
    expect(page.locator("#key")).to_have_text(KEY)
    expect(page.locator("#env")).to_have_text(f"UPSTASH_REDIS_REST_URL={URL}\nUPSTASH_REDIS_REST_TOKEN={KEY}")
    expect(page.locator("[data-seconds]")).to_have_text(re.compile("in 2[0-9] seconds"))
    assert KEY not in page.url


def test_key_is_replaced_with_a_grace_that_counts_down(dashboard: Dashboard, sign_in: SignIn, team: Team) -> None:
    team.put("rotated")
    page = sign_in()
    page.goto(address(dashboard, "rotated", "key"))
    page.select_option("#grace", "15m")
    press(page, "Replace the key")
    expect(page.locator("#rotation")).to_contain_text("A new key is asked for")
    annotations = team.get("rotated")["metadata"]["annotations"]
    request = annotations["cache.yourcompany.com/rotate-key"]
    assert annotations["cache.yourcompany.com/rotate-key-grace"] == "15m"
    handled = {"request": request, "rotatedAt": request[:19] + "Z", "previousKeyExpiresAt": "2100-01-01T00:00:00Z"}
    team.write_status("rotated", keyRotation=handled)
    expect(page.locator("#rotation")).to_contain_text("The old key is valid until")
    expect(page.locator("#rotation [data-until]")).to_have_text(re.compile(r", in [0-9]+ days"))


def test_token_is_one_that_the_instance_takes(dashboard: Dashboard, sign_in: SignIn, team: Team) -> None:
    team.put("tokens")
    page = sign_in()
    page.goto(address(dashboard, "tokens", "token"))
    page.check("input[value=write]")
    page.fill("#prefixes", "user:\ncart:*")
    page.fill("[name=number]", "2")
    page.select_option("[name=unit]", "days")
    press(page, "Make a token")
    expect(page.locator("#number-problem")).to_contain_text("86400 seconds at most")
    page.fill("[name=number]", "1")
    press(page, "Make a token")
    token = page.inner_text("#token")
    verified = verify(Token(token), InstanceKey(KEY), "tokens")
    assert (verified.grant.scope, verified.grant.rule.keys) == ("write", ("~user:*", "~cart:*"))
    expect(page.locator("#snippet-1")).to_contain_text(f"Authorization: Bearer {token}")
    assert token not in page.url
    page.goto(address(dashboard, "tokens", "token"))
    assert token not in page.content()


@pytest.mark.parametrize(
    ("page_name", "form"),
    [
        ("edit", {"capacity": "2Gi"}),
        ("delete", {"name": "guarded", "uid": "00000000-0000-0000-0000-000000000000"}),
        ("key", {}),
        ("key/rotate", {"grace": "1h"}),
        ("token", {"scope": "read"}),
    ],
)
def test_who_may_only_read_is_offered_nothing_else_and_refused_it_all_the_same(
    dashboard: Dashboard, sign_in: SignIn, team: Team, cookies: dict[str, Any], page_name: str, form: dict[str, str]
) -> None:
    if not team.has("guarded"):
        team.put("guarded")
    before = team.get("guarded")
    page = sign_in(BOB)
    page.goto(address(dashboard, "guarded", page_name.partition("/")[0]))
    expect(page.locator("main")).to_contain_text("You may not")
    as_shown = values_of(before["spec"])
    sent = {**as_shown, **{f"was.{name}": text for name, text in as_shown.items()}, **form}
    answer = post(dashboard, cookies, BOB, f"/instances/{TEAM}/guarded/{page_name}", **sent)
    assert KEY not in answer.text
    assert "forbidden" in answer.text
    assert answer.status_code in (403, 422)
    assert team.get("guarded") == before


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_everybody_can_use_every_page(dashboard: Dashboard, sign_in: SignIn, team: Team, look: str) -> None:
    if not team.has("looked-at"):
        team.put("looked-at", {"argocd.argoproj.io/tracking-id": "shop:x"}, config={"note": HOSTILE})
    options: dict[str, Any] = {"color_scheme": "dark"} if look == "dark" else {}
    options |= {"viewport": {"width": 390, "height": 844}} if look == "phone" else {}
    pages = ["new", *(f"instances/{TEAM}/looked-at/{name}" for name in ("edit", "delete", "key", "token"))]
    for token in (ALICE, BOB) if look == "light" else (ALICE,):
        page = sign_in(token, **options)
        for path in pages:
            page.goto(f"{dashboard.origin}/{path}")
            assert problems(page, look) == [], path
    page = sign_in(**options)
    page.goto(address(dashboard, "looked-at", "edit"))
    page.fill("#field-capacity", "1")
    for path, button, shown in (
        ("edit", "Save", "#field-capacity-problem"),
        ("key", "Show the key for 30 seconds", "#key"),
        ("token", "Make a token", "#token"),
    ):
        if path not in page.url:
            page.goto(address(dashboard, "looked-at", path))
        press(page, button)
        page.wait_for_selector(shown)
        assert problems(page, look) == [], path


def problems(page: Page, look: str) -> list[str]:
    """What axe finds; and whether something has to be scrolled to the side that does not scroll by itself."""
    is_too_wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    # A phone has the colours and the elements of the others.
    return ["too wide"] if is_too_wide else violations(page) if look != "phone" else []
