"""An API server of these tests' own with two users, a dashboard in front of it, and a browser.

alice may do everything with the instances of `team-a` and see their keys; bob may read the instances, and nothing else.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.dashboard.editing.objects import OBJECTS, TEAM
from tests.harness.control_plane import ControlPlane, running_control_plane
from tests.harness.custom_resource import install_custom_resource
from tests.harness.dashboard import Dashboard, running_dashboard
from tests.harness.kubectl import Kubectl

ALICE, BOB = "alice-of-the-test", "bob-of-the-test"

# Where they are missing, `make test-cluster` runs these tests, with the programs of the test cluster.
collect_ignore_glob = [] if shutil.which("kube-apiserver") and shutil.which("chromium") and shutil.which("npm") else ["test_*.py"]

SignIn = Callable[..., Page]


@pytest.fixture(scope="module")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """The API server, with the custom resource and the users' rights."""
    with running_control_plane(tmp_path_factory.mktemp("control-plane"), {ALICE: "alice", BOB: "bob"}) as plane:
        install_custom_resource()
        Kubectl().out("create", "namespace", TEAM)
        Kubectl(TEAM).out("apply", "--filename", "-", stdin=OBJECTS)
        yield plane


@pytest.fixture(scope="module")
def dashboard(control_plane: ControlPlane) -> Iterator[Dashboard]:
    """A dashboard whose log never holds a token or a key."""
    with running_dashboard(control_plane) as running:
        yield running
        log = "".join(running.output.so_far())
    assert ALICE not in log
    assert "eyJ" not in log


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def cookies(browser: Browser, dashboard: Dashboard) -> dict[str, Any]:
    """The cookies of both users, signed in by the form."""
    found: dict[str, Any] = {}
    for token in (ALICE, BOB):
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{dashboard.origin}/sign-in")
        page.fill("#token", token)
        page.click("main button")
        page.wait_for_selector("form[action$='/sign-out']")
        found[token] = context.cookies()
        context.close()
    return found


@pytest.fixture
def sign_in(browser: Browser, cookies: dict[str, Any]) -> Iterator[SignIn]:
    """Opens a page for a user. What a page complains of, its content security policy among it, fails the test."""
    complaints: list[str] = []
    with ExitStack() as stack:

        def open_page(token: str = ALICE, **options: Any) -> Page:
            context: BrowserContext = browser.new_context(**options)
            stack.callback(context.close)
            context.add_cookies(cookies[token])
            context.set_default_timeout(15_000)
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda message: complaints.append(message.text) if "Content Security Policy" in message.text else None)
            return page

        yield open_page
    assert complaints == []
