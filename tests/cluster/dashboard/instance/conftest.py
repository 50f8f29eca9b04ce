"""Two instances with all their objects, a real sidecar, and a dashboard that reaches it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.cluster.dashboard.instance.objects import NAMESPACE, kubectl, write_objects
from tests.harness.control_plane import ADMIN, ControlPlane
from tests.harness.dashboard import Dashboard, running_dashboard
from tests.harness.dashboard_cluster import BOB, DashboardCluster
from tests.harness.sidecar import Sidecar

OpenInstance = Callable[..., Page]


@pytest.fixture(scope="module")
def control_plane(dashboard_cluster: DashboardCluster, sidecar: Sidecar) -> Iterator[ControlPlane]:
    """The API server, with the instances."""
    write_objects(dashboard_cluster.plane, sidecar.api_key)
    yield dashboard_cluster.plane
    kubectl(dashboard_cluster.plane, "delete", "rhi", "--all", "-n", NAMESPACE)


@pytest.fixture(scope="module")
def direct_dashboard(control_plane: ControlPlane, sidecar: Sidecar) -> Iterator[Dashboard]:
    """A dashboard whose log never holds a token or a key."""
    environ = {"SIDECAR": sidecar.origin}
    with running_dashboard(control_plane, environ, "tests.dashboard.direct_dashboard") as running:
        yield running
        log = "".join(running.output.so_far())
    assert [secret for secret in (ADMIN, BOB, sidecar.api_key, "eyJ") if secret in log] == []


@pytest.fixture
def open_instance(browser: Browser, direct_dashboard: Dashboard) -> Iterator[OpenInstance]:
    """Opens a page of an instance. An error of a script, a complaint of the browser or a request to another host fails the test."""
    complaints: list[str] = []
    contexts = []

    def watch(page: Page) -> None:
        origin = direct_dashboard.origin
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
        page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(origin) else None)

    def open_(name: str, below: str = "", **options: Any) -> Page:
        context = browser.new_context(extra_http_headers={"Authorization": f"Bearer {ADMIN}"}, **options)
        contexts.append(context)
        context.set_default_timeout(30_000)
        page = context.new_page()
        watch(page)
        page.goto(f"{direct_dashboard.origin}/instances/{NAMESPACE}/{name}{below}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []
