"""An API server of these tests' own with three users, a real sidecar, a dashboard in front of both, and a browser."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.dashboard.instance.objects import ALICE, NAMESPACE, USERS, write_objects
from tests.harness.control_plane import ControlPlane, running_control_plane
from tests.harness.dashboard import Dashboard, running_dashboard
from tests.harness.sidecar import Sidecar

# Where they are missing, `make test-cluster` runs these tests, with the programs of the test cluster.
collect_ignore_glob = [] if shutil.which("kube-apiserver") and shutil.which("chromium") and shutil.which("npm") else ["test_*.py"]

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def control_plane(sidecar: Sidecar, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """The API server, with the instances."""
    with running_control_plane(tmp_path_factory.mktemp("control-plane"), USERS) as plane:
        write_objects(plane, sidecar.api_key)
        yield plane


@pytest.fixture(scope="module")
def dashboard(control_plane: ControlPlane, sidecar: Sidecar) -> Iterator[Dashboard]:
    """A dashboard whose log never holds a token or a key."""
    environ = {"SIDECAR": f"http://{sidecar.address}"}
    with running_dashboard(control_plane, environ, "tests.dashboard.direct_dashboard") as running:
        yield running
        log = "".join(running.output.so_far())
    assert [secret for secret in (*USERS, sidecar.api_key, "eyJ") if secret in log] == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, dashboard: Dashboard) -> Iterator[OpenPage]:
    """Opens a page of an instance. An error of a script, a complaint of the browser or a request to another host fails the test."""
    complaints: list[str] = []
    contexts = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
        page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(dashboard.origin) else None)

    def open_(name: str, below: str = "", token: str = ALICE, **options: Any) -> Page:
        context = browser.new_context(extra_http_headers={"Authorization": f"Bearer {token}"}, **options)
        contexts.append(context)
        context.set_default_timeout(30_000)
        page = context.new_page()
        watch(page)
        page.goto(f"{dashboard.origin}/instances/{NAMESPACE}/{name}{below}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []
