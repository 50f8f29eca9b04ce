"""A dashboard whose instance is a real sidecar with a real server of Redis' protocol behind it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.cluster.dashboard.conftest import sign_in
from tests.cluster.dashboard.data.pages import DIRECT, NAMESPACE, Post, Visit
from tests.harness.browser import OpenPage
from tests.harness.dashboard import Dashboard, running_dashboard
from tests.harness.dashboard_cluster import ALICE, DashboardCluster
from tests.harness.sidecar import Sidecar

expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def data_dashboard(dashboard_cluster: DashboardCluster, sidecar: Sidecar) -> Iterator[Dashboard]:
    """A dashboard whose instances are all behind the sidecar. Its log holds neither a token nor anything of what Redis holds."""
    dashboard_cluster.create(NAMESPACE, sidecar.instance)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"{sidecar.instance}-auth"}}
    body = json.dumps({**secret, "stringData": {"api_key": sidecar.api_key}})
    dashboard_cluster.kubectl("-n", NAMESPACE, "apply", "-f", "-", stdin=body)
    with running_dashboard(dashboard_cluster.plane, {"SIDECAR": sidecar.origin}, DIRECT) as running:
        yield running
        log = "".join(running.output.so_far())
    assert [text for text in (ALICE, sidecar.api_key, "eyJ", "hostile") if text in log] == []


@pytest.fixture
def data(data_dashboard: Dashboard, sidecar: Sidecar) -> str:  # noqa: ARG001
    """Path of the page with the data of the instance, which is there."""
    return f"/instances/{NAMESPACE}/{sidecar.instance}/data"


@pytest.fixture
def visit(open_page: OpenPage, data_dashboard: Dashboard, sidecar: Sidecar) -> Visit:
    """Opens a page of the instance. A dialog would stay open, and the test with it."""

    def visit(page: str, token: str = ALICE, **options: object) -> Page:
        opened = open_page(**options)
        sign_in(opened, data_dashboard, token, f"/instances/{NAMESPACE}/{sidecar.instance}/{page}")
        return opened

    return visit


@pytest.fixture
def post(data_dashboard: Dashboard, sidecar: Sidecar) -> Iterator[Post]:
    """Sends a form to a page of the instance, as its own scripts do, whether the page offers it or not."""
    own = {"Origin": data_dashboard.origin, "Sec-Fetch-Site": "same-origin", "HX-Request": "true"}
    with ExitStack() as clients:

        def post(page: str, form: dict[str, str], token: str = ALICE, headers: dict[str, str] | None = None) -> httpx.Response:
            client = clients.enter_context(httpx.Client(base_url=data_dashboard.origin, timeout=30))
            # An authenticating proxy would send the credential like this.
            fields = {"Authorization": f"Bearer {token}", **own, **(headers or {})}
            return client.post(f"/instances/{NAMESPACE}/{sidecar.instance}/{page}", data=form, headers=fields)

        yield post
