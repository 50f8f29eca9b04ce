"""The dashboard beside the operator, its users alice and bob, and a browser that finds it as by DNS."""

import os
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.cluster.usage.dashboard.installation import HOST, ORIGIN, InstalledDashboard
from tests.cluster.usage.dashboard.people import Person, Visit, make_person, sign_in
from tests.cluster.usage.installation import Operator
from tests.cluster.usage.instances import Tenant
from tests.harness.browser import OpenPage, chromium, watched_pages
from tests.harness.images import in_cluster

_INSTANCES = "redishttpinstances.cache.yourcompany.com"
_LOOKING = {"get,list,watch": _INSTANCES, "list": "pods,events,persistentvolumeclaims"}


@pytest.fixture(scope="session")
def dashboard(operator: Operator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InstalledDashboard]:
    """The dashboard, first as its manifest installs it, and then as the chart does."""
    del operator
    dashboard = InstalledDashboard(in_cluster("dashboard"), tmp_path_factory.mktemp("dashboard"))
    try:
        dashboard.apply_manifest()
        dashboard.apply_chart()
        yield dashboard
    finally:
        dashboard.remove()


@pytest.fixture(scope="session")
def alice(blue: Tenant) -> Person:
    """She may do everything with the instances of blue, and read their keys."""
    return make_person(blue, "alice", {**_LOOKING, "create,patch,delete": _INSTANCES, "get": "secrets"})


@pytest.fixture(scope="session")
def bob(blue: Tenant) -> Person:
    """He may look at the instances of blue."""
    return make_person(blue, "bob", _LOOKING)


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium, for which the dashboard's host is the ingress controller."""
    ingress = httpx.URL(os.environ["TESTCLUSTER_INGRESS_URL"]).host
    with chromium(playwright, f"--host-resolver-rules=MAP {HOST} {ingress}") as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages of the dashboard, whose complaints are errors."""
    with watched_pages(browser, ORIGIN) as open_page:
        yield open_page


@pytest.fixture
def visit(open_page: OpenPage, dashboard: InstalledDashboard) -> Visit:
    """Opens pages, each in a browser of its person's own."""
    del dashboard

    def visit(path: str, person: Person, **options: object) -> Page:
        # That its certificate is good is for the installation to see: Chromium would have to be told of the authority.
        page = open_page(ignore_https_errors=True, **options)
        sign_in(page, person)
        page.goto(ORIGIN + path)
        return page

    return visit
