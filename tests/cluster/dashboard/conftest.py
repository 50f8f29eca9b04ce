"""Fixtures for the dashboard: a real API server with the users alice and bob, the dashboard as a process, and a real browser.

The programs of the API server are those of the test cluster, found on the PATH; it is an API server of these tests' own.
"""

import os
import shutil
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.cluster.dashboard.team import Team, Visit
from tests.harness.dashboard import Dashboard, running_dashboard
from tests.harness.dashboard_cluster import ALICE, DashboardCluster

_PAGE_MILLISECONDS = 30_000
expect.set_options(timeout=_PAGE_MILLISECONDS)

OpenPage = Callable[..., Page]
"""Opens a page of a new browser context; its keywords are those of Playwright's `new_context`."""


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
def client(dashboard: Dashboard) -> Iterator[httpx.Client]:
    """A client without a credential, which follows no redirects."""
    with httpx.Client(base_url=dashboard.origin, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium."""
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=as_root)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages. Whatever a page writes to its console, or asks of another host, is an error: what its policy refuses too."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_page(**options: object) -> Page:
        context: BrowserContext = browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(_PAGE_MILLISECONDS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: note(page, message.text))
        page.on("pageerror", lambda error: note(page, str(error)))
        page.on("request", lambda request: None if request.url.startswith("http://127.0.0.1:") else note(page, request.url))
        return page

    def note(page: Page, problem: str) -> None:
        # Chromium reports each status of an error; the tests look at those themselves.
        if not problem.startswith("Failed to load resource: the server responded"):
            problems.append(f"{page.url}: {problem}")

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


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
