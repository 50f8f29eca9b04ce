"""The list of instances in a real browser: what it shows to whom, and how it stays up to date."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from kuberedis_core.version import VERSION
from tests.cluster.dashboard.conftest import sign_in
from tests.harness.browser import OpenPage
from tests.harness.dashboard import Dashboard
from tests.harness.dashboard_cluster import ALICE, BOB, DAVE, DashboardCluster, degraded, serving

TABS = 8
"""More than the connections that a browser has to one host, which are six."""
HOSTILE = "</p><script>document.title='taken'</script> \u202egnp.exe\u202c \x1b[31m ' onerror='x"
SHOWN = "</p><script>document.title='taken'</script> \\u202egnp.exe\\u202c \\x1b[31m ' onerror='x"


@pytest.fixture(scope="module", autouse=True)
def instances(dashboard_cluster: DashboardCluster) -> Iterator[None]:
    """Three instances: one that serves, one that needs attention, and one in another namespace with three members."""
    dashboard_cluster.create("team-a", "fine", "broken")
    dashboard_cluster.create("team-b", "several", replicas=3)
    url = "https://redis.example.com/instances/fine"
    dashboard_cluster.set_status("team-a", "fine", serving(url), url=url, capacity="1Gi", version="8.2", maxmemory="512Mi")
    dashboard_cluster.set_status("team-a", "broken", degraded("CrashLooping", HOSTILE))
    dashboard_cluster.set_status("team-b", "several", serving(), inSyncReplicas=2, primary="several-1")
    yield
    dashboard_cluster.delete("team-a", "fine", "broken")
    dashboard_cluster.delete("team-b", "several")


def row(namespace: str, name: str) -> str:
    return f"#i_{namespace}_{name}"


def test_who_may_list_the_cluster_sees_what_needs_attention_first(open_page: OpenPage, dashboard: Dashboard) -> None:
    page = open_page()
    sign_in(page, dashboard, ALICE)
    first = page.locator("#rows tr").first
    expect(first).to_contain_text("broken")
    expect(first).to_contain_text("Not ready")
    expect(first).to_contain_text("CrashLooping")
    expect(first.locator(".advice")).to_contain_text("Read the log")
    # What somebody wrote into a message is text, on one line, without what turns it around.
    expect(first).to_contain_text(SHOWN)
    expect(page).to_have_title("All instances · KubeRedis")
    expect(page.locator("#summary")).to_contain_text("need")
    expect(page.locator(row("team-b", "several"))).to_contain_text("2 of 3 in sync")
    expect(page.locator("#live")).to_have_text("Live")
    expect(page.locator("footer")).to_contain_text(f"KubeRedis {VERSION}")


def test_who_may_list_one_namespace_names_it_once(open_page: OpenPage, dashboard: Dashboard) -> None:
    page = open_page()
    sign_in(page, dashboard, BOB)
    page.fill("#namespace", "team-a")
    page.click("button.main")
    expect(page.get_by_role("alert")).to_contain_text('cannot list resource "redishttpinstances"')
    page.fill("#namespace", "team-b")
    page.click("button.main")
    expect(page.locator(row("team-b", "several"))).to_be_visible()
    page.goto(dashboard.origin)
    expect(page.locator(row("team-b", "several"))).to_be_visible()
    expect(page.locator(row("team-a", "fine"))).to_have_count(0)


def test_change_reaches_the_page_without_loading_it(open_page: OpenPage, dashboard: Dashboard, dashboard_cluster: DashboardCluster) -> None:
    page = open_page()
    sign_in(page, dashboard, ALICE)
    expect(page.locator("#live")).to_have_text("Live")
    page.evaluate("() => { window.loaded = 1; document.querySelector('#i_team-a_fine').same = 'element'; }")
    fine = page.locator(row("team-a", "fine"))
    dashboard_cluster.set_status("team-a", "fine", degraded("Unschedulable", "the pod fits on no node"))
    expect(fine.locator(".badge")).to_have_text("Not ready")
    expect(fine).to_contain_text("the pod fits on no node")
    dashboard_cluster.set_status("team-a", "fine", serving())
    expect(fine.locator(".badge")).to_have_text("Ready")
    dashboard_cluster.create("team-b", "just-made")
    expect(page.locator(row("team-b", "just-made"))).to_be_visible()
    dashboard_cluster.delete("team-b", "just-made")
    expect(page.locator(row("team-b", "just-made"))).to_have_count(0)
    assert page.evaluate("() => [window.loaded, document.querySelector('#i_team-a_fine').same]") == [1, "element"]


def test_keyboard_alone_filters_and_opens(open_page: OpenPage, dashboard: Dashboard) -> None:
    page = open_page()
    sign_in(page, dashboard, ALICE)
    page.keyboard.press("/")
    page.keyboard.type("team-a fine")
    expect(page.locator("#rows tr")).to_have_count(1)
    assert "q=team-a+fine" in page.url or "q=team-a%20fine" in page.url
    page.keyboard.press("Escape")
    expect(page.locator(row("team-b", "several"))).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("j")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert page.evaluate("() => document.activeElement.matches('[data-row]')")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/instances/"))


def test_signing_out_ends_the_stream_of_another_tab(open_page: OpenPage, dashboard: Dashboard) -> None:
    page = open_page()
    sign_in(page, dashboard, ALICE)
    other = page.context.new_page()
    other.goto(dashboard.origin)
    expect(other.locator("#live")).to_have_text("Live")
    page.click("text=Sign out")
    expect(page.locator("#token")).to_be_visible()
    other.wait_for_url(re.compile("/sign-in"))


def test_eight_tabs_in_the_background_leave_the_browser_its_connections(
    open_page: OpenPage, dashboard: Dashboard, dashboard_cluster: DashboardCluster
) -> None:
    page = open_page()
    sign_in(page, dashboard, ALICE)
    # Playwright has every page believe that somebody looks at it.
    page.context.add_init_script("""
      let hidden = true;
      Object.defineProperty(document, "hidden", { get: () => hidden });
      window.look = () => { hidden = false; document.dispatchEvent(new Event("visibilitychange")); };
    """)
    tabs = [page.context.new_page() for _ in range(TABS)]
    for tab in tabs:
        tab.goto(dashboard.origin)
        expect(tab.locator("#live")).to_have_text("Live")
    dashboard_cluster.create("team-b", "made-meanwhile")
    try:
        expect(page.locator(row("team-b", "made-meanwhile"))).to_be_visible()
        expect(tabs[0].locator(row("team-b", "made-meanwhile"))).to_have_count(0)
        tabs[0].evaluate("() => window.look()")
        expect(tabs[0].locator(row("team-b", "made-meanwhile"))).to_be_visible()
    finally:
        dashboard_cluster.delete("team-b", "made-meanwhile")


def test_list_and_sign_in_work_without_javascript(open_page: OpenPage, dashboard: Dashboard) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, dashboard, ALICE)
    expect(page.locator(row("team-a", "broken"))).to_contain_text("CrashLooping")
    page.fill("#q", "several")
    page.click("text=Show")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.fill("#q", "in-no-name")
    page.click("text=Show")
    expect(page.locator(".empty")).to_contain_text("Nothing matches")
    page.click("text=Sign out")
    expect(page.locator("#token")).to_be_visible()


@pytest.mark.parametrize(
    ("token", "path", "links"),
    [
        (ALICE, "/", ["/new"]),
        (ALICE, "/?namespace=empty", ["/new?namespace=empty"] * 2),
        (DAVE, "/", ["/new?namespace=team-b"]),
        (DAVE, "/?namespace=team-b", ["/new?namespace=team-b"]),
        (DAVE, "/?namespace=team-a", []),
        (DAVE, "/?namespace=empty", []),
        (BOB, "/?namespace=team-b", []),
    ],
)
def test_new_instance_is_offered_to_who_may_create_one_where_they_look(
    client: httpx.Client, token: str, path: str, links: list[str]
) -> None:
    page = client.get(path, headers={"Authorization": f"Bearer {token}"})
    assert page.status_code == 200
    assert re.findall('href="(/new[^"]*)"', page.text) == links
    assert ("kubectl apply" in page.text) == (len(links) == 2)


def test_who_may_not_create_is_refused_in_words(client: httpx.Client, dashboard: Dashboard, dashboard_cluster: DashboardCluster) -> None:
    bob = {"Authorization": f"Bearer {BOB}", "Origin": dashboard.origin, "Sec-Fetch-Site": "same-origin"}
    assert "You may not create instances in team-b" in client.get("/new?namespace=team-b", headers=bob).text
    answer = client.post("/new", data={"namespace": "team-b", "name": "of-bob", "capacity": "1Gi"}, headers=bob)
    assert answer.status_code == 422
    assert "cannot create resource" in answer.text
    assert dashboard_cluster.kubectl("-n", "team-b", "get", "rhi", "of-bob", "--ignore-not-found") == ""


def test_stream_begins_with_everything_only_if_the_page_has_something_else(dashboard: Dashboard) -> None:
    with httpx.Client(base_url=dashboard.origin, headers={"Authorization": f"Bearer {ALICE}"}, timeout=30) as client:
        [address] = re.findall(r'hx-sse:connect="([^"]+)"', client.get("/").text)
        address = address.replace("&amp;", "&")
        assert first_message(client, address).startswith("event: live")
        assert "hx-target=&#34;#instances" not in first_message(client, address)
        assert '<hx-partial hx-target="#instances"' in first_message(client, "/live")
        assert '<hx-partial hx-target="#instances"' in first_message(client, address, {"Last-Event-ID": "another"})


def first_message(client: httpx.Client, address: str, headers: dict[str, str] | None = None) -> str:
    """The first message of a stream."""
    with client.stream("GET", address, headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        text = ""
        for piece in response.iter_text():
            text += piece
            if "\n\n" in text:
                return text
    raise AssertionError("the stream ended")
