"""What happens to an open page when its user's rights, their credential or the API server go away."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partialmethod
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from playwright.sync_api import expect

from kuberedis_dashboard.errors import NotAllowed
from kuberedis_dashboard.kube.client import WATCH_SECONDS, KubeClient
from kuberedis_dashboard.kube.cluster import Cluster, checked_against
from kuberedis_dashboard.kube.credential import Credential, always
from kuberedis_dashboard.live.following import Listed, follow
from tests.cluster.dashboard.conftest import sign_in
from tests.harness.api_server_relay import ApiServerRelay
from tests.harness.axe import problems
from tests.harness.browser import OpenPage
from tests.harness.dashboard import Dashboard, running_dashboard
from tests.harness.dashboard_cluster import ALICE, DashboardCluster, degraded, serving

LIMIT_SECONDS = 30
STREAMS = 20
MOST_BYTES_A_STREAM = 0.25 * 2**20
"""With 50 MiB to begin with, 200 of them fit into 120 MiB."""

T = TypeVar("T")


def in_a_thread(function: Callable[[], T]) -> T:
    """Call what runs an event loop of its own; this thread has that of the browser."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(function).result()


@pytest.fixture(scope="module", autouse=True)
def instances(dashboard_cluster: DashboardCluster) -> Iterator[None]:
    dashboard_cluster.create("team-a", "watched")
    dashboard_cluster.set_status("team-a", "watched", serving())
    yield
    dashboard_cluster.delete("team-a", "watched")


@pytest.fixture
def carol(dashboard_cluster: DashboardCluster) -> str:
    """Token of a service account that may look at instances of team-a."""
    dashboard_cluster.kubectl("-n", "team-a", "create", "serviceaccount", "carol")
    dashboard_cluster.kubectl("-n", "team-a", "create", "rolebinding", "carol", "--clusterrole=look", "--serviceaccount=team-a:carol")
    return dashboard_cluster.kubectl("-n", "team-a", "create", "token", "carol").strip()


@pytest.fixture(autouse=True)
def without_carol(dashboard_cluster: DashboardCluster) -> Iterator[None]:
    yield
    dashboard_cluster.kubectl("-n", "team-a", "delete", "serviceaccount,rolebinding", "carol", "--ignore-not-found")


def test_right_that_is_taken_away_ends_a_watch_when_it_begins_anew(
    dashboard_cluster: DashboardCluster, carol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KubeClient, "watch", partialmethod(KubeClient.watch, seconds=1))

    async def until_refused() -> None:
        cluster = Cluster(checked_against(dashboard_cluster.plane.url, dashboard_cluster.plane.authority))
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                async for happening in follow(KubeClient(cluster, always(Credential.bearer(carol))), "team-a"):
                    assert isinstance(happening, Listed)
                    dashboard_cluster.kubectl("-n", "team-a", "delete", "rolebinding", "carol")
        finally:
            await cluster.close()

    with pytest.raises(NotAllowed, match="cannot watch"):
        in_a_thread(lambda: asyncio.run(until_refused()))


def test_watch_is_begun_anew_within_a_minute() -> None:
    assert WATCH_SECONDS <= 60


def test_credential_that_ends_signs_out(dashboard_cluster: DashboardCluster, dashboard: Dashboard, open_page: OpenPage, carol: str) -> None:
    page = open_page()
    sign_in(page, dashboard, carol, "/?namespace=team-a")
    expect(page.locator("#live")).to_have_text("Live")
    dashboard_cluster.kubectl("-n", "team-a", "delete", "serviceaccount", "carol")

    def is_refused() -> bool:
        page.goto(f"{dashboard.origin}/?namespace=team-a")
        return "/sign-in" in page.url

    # The API server forgets a token that it knew after some seconds.
    for _ in range(LIMIT_SECONDS):
        if is_refused():
            break
        page.wait_for_timeout(1000)
    assert "/sign-in" in page.url
    # The session is over, and not only this page.
    assert [cookie["name"] for cookie in page.context.cookies()] == ["__Host-kuberedis-namespace"]


@pytest.fixture
def relayed(dashboard_cluster: DashboardCluster, relay: ApiServerRelay) -> Iterator[Dashboard]:
    """A dashboard that reaches the API server by the relay."""
    with running_dashboard(dashboard_cluster.plane, {"KUBEREDIS_KUBERNETES_URL": relay.url}) as dashboard:
        yield dashboard


def test_api_server_goes_away_and_comes_back(
    dashboard_cluster: DashboardCluster, relay: ApiServerRelay, relayed: Dashboard, open_page: OpenPage
) -> None:
    page = open_page()
    sign_in(page, relayed, ALICE)
    expect(page.locator("#live")).to_have_text("Live")
    badge = page.locator("#i_team-a_watched .badge")
    expect(badge).to_have_text("Ready")
    relay.cut()
    expect(page.locator("#live")).to_contain_text("the API server does not answer")
    # What the page shows stays.
    expect(badge).to_have_text("Ready")
    dashboard_cluster.set_status("team-a", "watched", degraded("Evicted", "the pod was evicted"))
    relay.restore()
    expect(badge).to_have_text("Not ready", timeout=LIMIT_SECONDS * 1000)
    expect(page.locator("#live")).to_have_text("Live")


def test_form_that_is_sent_while_the_api_server_is_away_is_not_lost(
    dashboard_cluster: DashboardCluster, relay: ApiServerRelay, relayed: Dashboard, open_page: OpenPage
) -> None:
    page = open_page()
    sign_in(page, relayed, ALICE, "/new?namespace=team-a")
    again = page.get_by_role("button", name="Send it again")
    try:
        relay.cut()
        page.fill("#field-name", "kept")
        page.fill("#field-capacity", "3Gi")
        # While somebody types, the form stays as it is.
        expect(page.locator("#form-problem")).to_contain_text("the API server does not answer")
        expect(page.locator("#field-capacity")).to_have_value("3Gi")
        page.get_by_role("button", name="Create", exact=True).click()
        for _ in range(2):
            expect(page.get_by_role("alert")).to_contain_text("the API server does not answer")
            page.locator("summary").click()
            assert problems(page) == []
            again.click()
            page.wait_for_load_state()
        relay.restore()
        again.click()
        page.wait_for_url(re.compile("/instances/team-a/kept"))
        assert dashboard_cluster.kubectl("-n", "team-a", "get", "rhi", "kept", "-o", "jsonpath={.spec.capacity}") == "3Gi"
    finally:
        dashboard_cluster.delete("team-a", "kept")


def test_many_open_pages_need_little_memory(dashboard: Dashboard) -> None:
    headers = {"Authorization": f"Bearer {ALICE}"}
    with httpx.Client(base_url=dashboard.origin, headers=headers, timeout=LIMIT_SECONDS) as client, ExitStack() as streams:
        client.get("/")
        before = resident_bytes(dashboard)
        for _ in range(STREAMS):
            next(streams.enter_context(client.stream("GET", "/live")).iter_raw())
        assert resident_bytes(dashboard) - before < STREAMS * MOST_BYTES_A_STREAM


def resident_bytes(dashboard: Dashboard) -> int:
    """Resident bytes of its process."""
    status = Path(f"/proc/{dashboard.process.pid}/status").read_text()
    [kilobytes] = re.findall(r"VmRSS:\s+([0-9]+) kB", status)
    return int(kilobytes) * 1024


def test_stream_error_says_what_to_do(dashboard: Dashboard) -> None:
    text = httpx.get(
        f"{dashboard.origin}/live?namespace=nowhere", headers={"Authorization": "Bearer token-of-bob"}, timeout=LIMIT_SECONDS
    ).text
    [data] = re.findall(r"event: stream-error\ndata: (.*)\n", text)
    problem = json.loads(data)
    assert problem["status"] == 403
    assert problem["advice"]
