"""Every page of the frame in light and dark and on a phone: nothing that axe finds, nothing beside the screen, nothing that jumps."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.cluster.dashboard.conftest import sign_in
from tests.harness.axe import problems
from tests.harness.browser import OpenPage
from tests.harness.dashboard import Dashboard
from tests.harness.dashboard_cluster import ALICE, BOB, DAVE, DashboardCluster, degraded, serving

LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
    "dark phone": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
}
PAGES = {
    "/": ALICE,
    "/?q=in-no-name": ALICE,
    "/?namespace=empty": ALICE,
    "/nothing-there": ALICE,
    "/ ": BOB,
    "/sign-in": None,
    # What goes wrong.
    "/?namespace=Not_a_name": ALICE,
    "/?namespace=team-a": BOB,
    "/instances/team-a/looks-fine": BOB,
    "/instances/team-b/no-such": BOB,
    "/instances/team-b/looks-many/data": BOB,
    "/?namespace=empty&q=none": DAVE,
}
"""Pages, and who looks at them."""

_MOST_SHIFT = 0.001


@pytest.fixture(scope="module", autouse=True)
def instances(dashboard_cluster: DashboardCluster) -> Iterator[None]:
    long = "https://redis.example.com/instances/" + "a-long-name-" * 4
    dashboard_cluster.create("team-a", "looks-fine", "looks-bad", "looks-new")
    dashboard_cluster.create("team-b", "looks-many", replicas=3)
    dashboard_cluster.set_status("team-a", "looks-fine", serving(), url=long, capacity="1Gi", version="8.2", maxmemory="512Mi")
    dashboard_cluster.set_status("team-a", "looks-bad", degraded("CrashLooping", "w" * 300))
    dashboard_cluster.set_status("team-b", "looks-many", serving(), inSyncReplicas=2, primary="looks-many-1")
    yield
    dashboard_cluster.delete("team-a", "looks-fine", "looks-bad", "looks-new")
    dashboard_cluster.delete("team-b", "looks-many")


@pytest.mark.parametrize("look", LOOKS)
def test_pages_are_accessible_and_fit(open_page: OpenPage, dashboard: Dashboard, look: str) -> None:
    found: dict[str, list[str]] = {}
    for user in (None, ALICE, BOB, DAVE):
        page = open_page(**LOOKS[look])
        if user is not None:
            sign_in(page, dashboard, user)
        for path in (path for path, owner in PAGES.items() if owner == user):
            page.goto(dashboard.origin + path.strip())
            found[path] = problems(page)
    assert {path: what for path, what in found.items() if what} == {}


@pytest.mark.parametrize("look", ["light", "dark"])
def test_refusal_to_sign_in_is_accessible(open_page: OpenPage, dashboard: Dashboard, look: str) -> None:
    page = open_page(**LOOKS[look])
    page.goto(f"{dashboard.origin}/sign-in")
    page.fill("#token", "of-nobody")
    page.click("button.main")
    expect(page.locator("main")).to_contain_text("does not accept this token")
    assert problems(page) == []


@pytest.mark.parametrize("look", ["light", "phone"])
def test_nothing_moves_while_the_list_becomes_live(open_page: OpenPage, dashboard: Dashboard, look: str) -> None:
    page = open_page(**LOOKS[look])
    sign_in(page, dashboard, ALICE)
    page.goto(dashboard.origin)
    page.wait_for_selector("#live[data-state=live]")
    shift: float = page.evaluate(
        "() => new Promise((resolve) => { let sum = 0; const observer = new PerformanceObserver((list) => {"
        " for (const entry of list.getEntries()) sum += entry.value; });"
        " observer.observe({type: 'layout-shift', buffered: true}); requestAnimationFrame(() => setTimeout(() => resolve(sum))); })"
    )
    assert shift < _MOST_SHIFT
