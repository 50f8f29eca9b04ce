"""The page of an instance in a browser, in front of a real API server and a real sidecar."""

import asyncio
import re
import ssl
from concurrent.futures import ThreadPoolExecutor
from functools import partialmethod
from typing import Any

import httpx
import pytest
import redis
from playwright.sync_api import Page, Route, expect

from kuberedis_core.crd.kind import KIND
from kuberedis_dashboard.errors import NotAllowed
from kuberedis_dashboard.kube.client import KubeClient
from kuberedis_dashboard.kube.cluster import Cluster, ClusterAddress
from kuberedis_dashboard.kube.credential import Credential, always
from kuberedis_dashboard.live import following_one
from tests.cluster.dashboard.instance.conftest import OpenInstance
from tests.cluster.dashboard.instance.objects import (
    HOSTILE,
    NAMESPACE,
    SEVERAL,
    SEVERAL_STATUS,
    SINGLE,
    SINGLE_STATUS,
    ago,
    apply,
    condition,
    event,
    kubectl,
    patch_status,
    without_identity,
)
from tests.harness.axe import problems
from tests.harness.control_plane import NOBODY, ControlPlane
from tests.harness.dashboard import Dashboard
from tests.harness.dashboard_cluster import BOB
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar

pytestmark = pytest.mark.slow

KNOWN = re.compile("[0-9]")
SHOWN = HOSTILE.replace("\u202e", r"\u202e").replace("\x1b", r"\x1b")
PAGES = ("", "/live", "/recent.json", "/events", "/yaml", "/slowlog")
LAYOUT_SHIFTS = """new Promise((resolve) => {
  const told = (list) => resolve(list.getEntries().map(({ value, sources }) => [value, ...sources.map(({ node }) => node?.outerHTML)]));
  new PerformanceObserver(told).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve([]), 500);
})"""


def figure(page: Page, name: str) -> Any:
    return page.locator(f"[data-chart={name}]")


def wait_for_figures(page: Page) -> None:
    expect(figure(page, "commands").locator("output")).to_have_text(KNOWN)


def test_page_is_live_when_a_script_comes_late(open_instance: OpenInstance) -> None:
    page = open_instance(SINGLE)
    expect(page.locator("#live")).to_have_text("Live")

    def delay(route: Route) -> None:
        # The new document's timers run meanwhile.
        page.wait_for_timeout(300)
        route.continue_()

    page.route(re.compile("hx-sse"), delay)
    page.reload(wait_until="commit")
    expect(page.locator("#live")).to_have_text("Live")


def get(dashboard: Dashboard, token: str, path: str, accept: str = "text/html") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "Accept": accept}
    return httpx.get(f"{dashboard.origin}/instances/{NAMESPACE}/{path}", headers=headers, timeout=30)


def test_figures_appear_by_themselves_and_a_table_says_the_same(open_instance: OpenInstance, http: httpx.Client) -> None:
    assert http.post("/pipeline", json=[["SET", "a", "b"]] * 100).is_success
    page = open_instance(SINGLE)
    wait_for_figures(page)
    expect(figure(page, "memory").locator("output")).to_have_text(re.compile("^[0-9.]+[KM]i"))
    expect(figure(page, "latency").locator("canvas")).to_be_visible()
    assert page.evaluate(LAYOUT_SHIFTS) == []
    figure(page, "commands").locator("summary").click()
    rows = figure(page, "commands").locator("tbody tr")
    expect(rows).to_have_count(12)
    expect(rows.first).to_contain_text(KNOWN)
    expect(page.locator("#live")).to_have_text("Live")
    expect(page.locator("#charts-note")).to_be_empty()


def test_a_change_of_the_instance_reaches_the_open_page(open_instance: OpenInstance, control_plane: ControlPlane) -> None:
    page = open_instance(SINGLE)
    wait_for_figures(page)
    expect(page.locator("#state-title")).to_contain_text("Ready")
    others = SINGLE_STATUS["conditions"][1:]
    worse = condition("Ready", "False", "ImagePullFailed", "image 'x' cannot be pulled")
    try:
        patch_status(control_plane, "rhi", SINGLE, {"conditions": [worse, *others]})
        expect(page.locator("#state-title")).to_contain_text("Not ready")
        expect(page.locator("#state .advice").first).to_contain_text("Check spec.version or spec.image")
    finally:
        patch_status(control_plane, "rhi", SINGLE, SINGLE_STATUS)
    expect(page.locator("#state-title")).to_contain_text("Ready")


def test_what_is_said_of_the_members_follows_them(open_instance: OpenInstance, control_plane: ControlPlane) -> None:
    page = open_instance(SEVERAL)
    facts, details = page.locator("#facts"), page.locator("#details")
    expect(facts).to_contain_text("2 of 3 members")
    expect(page.locator("#live")).to_have_text("Live")
    page.evaluate("() => { window.loaded = 1; }")
    after = [{"name": f"{SEVERAL}-{ordinal}", "role": "primary" if ordinal == 2 else "replica", "inSync": True} for ordinal in range(3)]
    try:
        patch_status(control_plane, "rhi", SEVERAL, {"primary": f"{SEVERAL}-2", "inSyncReplicas": 3, "members": after})
        expect(facts).to_contain_text("3 of 3 members")
        expect(page.locator("#member-2 [data-figure=role]")).to_have_text("primary")
        # The operator writes the event after the status.
        happened = event(f"{SEVERAL}", KIND, "SwitchedOver", "Normal", f"{SEVERAL}-2 became the primary as was asked for", ago())
        apply(control_plane, [happened])
        expect(details).to_contain_text(f"ago, {SEVERAL}-2 became the primary as was asked for")
        assert page.evaluate("() => window.loaded") == 1
    finally:
        kubectl(control_plane, "delete", "-n", NAMESPACE, "event", f"{SEVERAL}.switchedover", "--ignore-not-found")
        patch_status(control_plane, "rhi", SEVERAL, SEVERAL_STATUS)


def test_members_have_their_roles_and_what_somebody_wrote_is_text(open_instance: OpenInstance) -> None:
    page = open_instance(SEVERAL)
    expect(page.locator("#member-0")).to_contain_text(f"waiting: CrashLoopBackOff: {SHOWN}, not ready, restarted 7×")
    expect(page.locator("#member-1 [data-figure=role]")).to_have_text("primary")
    expect(page.locator("#details")).to_contain_text(f"ago, {SEVERAL}-0 failed, and {SEVERAL}-1 became the primary")
    expect(page.locator("#state .message").first).to_contain_text(SHOWN)
    # Its sidecars do not exist, which the charts say in words.
    expect(page.locator("#charts-note")).to_contain_text("cannot be used: status 404")
    assert page.title() == f"{NAMESPACE}/{SEVERAL} · KubeRedis"


def test_the_slow_log_and_the_yaml_are_text_too(
    open_instance: OpenInstance, sidecar: Sidecar, redis_server: RedisServer, http: httpx.Client
) -> None:
    with redis.Redis(port=redis_server.port, password=redis_server.password) as client:
        client.config_set("slowlog-log-slower-than", 0)
        assert http.post("/", json=["SET", "slow", HOSTILE]).is_success
        client.config_set("slowlog-log-slower-than", 10_000)
    page = open_instance(SINGLE, "/slowlog")
    expect(page.locator("tbody")).to_contain_text(f"SET slow {SHOWN}")
    page = open_instance(SINGLE, "/yaml")
    expect(page.locator("#yaml")).to_contain_text(f"name: {SINGLE}")
    expect(page.locator("#yaml")).not_to_contain_text(sidecar.api_key)
    expect(open_instance(SEVERAL, "/events").locator("tbody")).to_contain_text(f"back-off: {SHOWN}")


@pytest.mark.parametrize("below", PAGES)
def test_whoever_may_not_see_an_instance_sees_nothing_of_it(direct_dashboard: Dashboard, below: str) -> None:
    response = get(direct_dashboard, NOBODY, SINGLE + below)
    assert response.status_code == 403
    assert "64Mi" not in response.text
    assert get(direct_dashboard, NOBODY, f"no-such{below}").status_code == 403


def test_whoever_may_see_only_the_instance_is_offered_no_more(direct_dashboard: Dashboard) -> None:
    page = get(direct_dashboard, BOB, SINGLE)
    assert page.status_code == 200
    assert "Not shown: pods is forbidden" in page.text
    assert not {"Key", "Edit", "Slow commands"} & set(re.findall(r">([^<>]+)</a>", page.text))
    assert get(direct_dashboard, BOB, f"{SINGLE}/recent.json").status_code == 200
    assert get(direct_dashboard, BOB, f"{SINGLE}/slowlog").status_code == 403


def test_a_range_that_needs_prometheus_is_refused_without_one(direct_dashboard: Dashboard) -> None:
    response = get(direct_dashboard, BOB, f"{SINGLE}/recent.json?range=7d", "application/json")
    assert (response.status_code, response.json()["error"]) == (422, "this range is not known")


def test_the_page_ends_with_the_instance(open_instance: OpenInstance, control_plane: ControlPlane) -> None:
    manifest = kubectl(control_plane, "get", "-n", NAMESPACE, "rhi", SEVERAL, "-o", "json")
    page = open_instance(SEVERAL)
    expect(page.locator("#live")).to_have_text("Live")
    kubectl(control_plane, "delete", "-n", NAMESPACE, "rhi", SEVERAL)
    try:
        expect(page.locator("#live")).to_contain_text("was deleted")
    finally:
        kubectl(control_plane, "create", "-f", "-", text=without_identity(manifest))
        patch_status(control_plane, "rhi", SEVERAL, SEVERAL_STATUS)


def test_a_right_that_is_taken_away_ends_what_is_followed(control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KubeClient, "watch", partialmethod(KubeClient.watch, seconds=1))

    async def follow() -> None:
        cluster = Cluster(ClusterAddress(control_plane.url, ssl.create_default_context(cafile=control_plane.authority)))
        kube = KubeClient(cluster, always(Credential.bearer(BOB)))
        seen = 0
        try:
            async with asyncio.timeout(30):
                async for _ in following_one.follow_one(kube, NAMESPACE, SINGLE):
                    seen += 1
                    if seen == 1:
                        await asyncio.to_thread(kubectl, control_plane, "delete", "rolebinding", "bob", "-n", NAMESPACE)
        finally:
            await cluster.close()

    binding = kubectl(control_plane, "get", "rolebinding", "bob", "-n", NAMESPACE, "-o", "json")
    try:
        # Playwright has an event loop in this thread.
        with ThreadPoolExecutor(1) as thread, pytest.raises(NotAllowed, match=r"cannot (get|watch) resource"):
            thread.submit(lambda: asyncio.run(follow())).result()
    finally:
        kubectl(control_plane, "apply", "--server-side", "--force-conflicts", "-f", "-", text=without_identity(binding))


@pytest.mark.parametrize(
    ("options", "pages"),
    [
        ({}, [(SINGLE, ""), (SEVERAL, "/events"), (SINGLE, "/yaml"), (SINGLE, "/slowlog")]),
        ({"color_scheme": "dark"}, [(SEVERAL, "")]),
        ({"viewport": {"width": 390, "height": 844}}, [(SEVERAL, ""), (SINGLE, "/slowlog")]),
    ],
    ids=["light", "dark", "phone"],
)
def test_pages_are_accessible_and_as_wide_as_the_screen(
    open_instance: OpenInstance, options: dict[str, Any], pages: list[tuple[str, str]]
) -> None:
    for name, below in pages:
        page = open_instance(name, below, **options)
        if not below:
            expect(page.locator("#charts-note")).not_to_have_text("Loading")
        assert problems(page) == [], (name, below)
