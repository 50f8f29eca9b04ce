"""Fixtures for the dashboard: a real API server with the users alice and bob, the dashboard as a process, and a real browser.

The programs of the API server are those of the test cluster, found on the PATH; it is an API server of these tests' own.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.cluster.dashboard.team import Team, Visit
from tests.harness.api_server_relay import ApiServerRelay
from tests.harness.browser import OpenPage, chromium, watched_pages
from tests.harness.dashboard import Dashboard, running_dashboard
from tests.harness.dashboard_cluster import ALICE, DashboardCluster


@pytest.fixture(scope="session")
def dashboard_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardCluster]:
    """The cluster."""
    cluster = DashboardCluster(tmp_path_factory.mktemp("control-plane"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def dashboard(dashboard_cluster: DashboardCluster) -> Iterator[Dashboard]:
    """The dashboard, as it runs in a cluster."""
    with running_dashboard(dashboard_cluster.plane) as running:
        yield running


@pytest.fixture
def relay(dashboard_cluster: DashboardCluster, tmp_path: Path) -> ApiServerRelay:
    """A way to the API server that a test can interrupt."""
    # This thread may have the event loop of the browser.
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(ApiServerRelay, dashboard_cluster.plane.kubeconfig, tmp_path).result()


@pytest.fixture
def client(dashboard: Dashboard) -> Iterator[httpx.Client]:
    """A client without a credential, which follows no redirects."""
    with httpx.Client(base_url=dashboard.origin, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium."""
    with chromium(playwright) as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages, whose complaints are errors."""
    with watched_pages(browser, "http://127.0.0.1:") as open_page:
        yield open_page


def sign_in(page: Page, dashboard: Dashboard, token: str, path: str = "/") -> None:
    """Sign in as the owner of a token, and go to a page."""
    page.goto(dashboard.origin + path)
    page.fill("#token", token)
    page.click("button.main")
    page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.fixture(scope="session")
def team(dashboard_cluster: DashboardCluster) -> Team:
    """The instances of one namespace."""
    return Team(dashboard_cluster)


@pytest.fixture
def visit(open_page: OpenPage, dashboard: Dashboard) -> Visit:
    """Opens pages for users, each in a browser of their own."""

    def visit(path: str, token: str = ALICE, **options: object) -> Page:
        page = open_page(**options)
        sign_in(page, dashboard, token, path)
        page.wait_for_url(dashboard.origin + path)
        return page

    return visit
