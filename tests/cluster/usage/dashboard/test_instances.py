"""What people do with real instances on pages that they reach through the ingress controller, and on their own machine."""

import os
import re
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, expect

from tests.cluster.dashboard.team import press
from tests.cluster.own_dashboard import own_dashboard
from tests.cluster.usage.dashboard.people import Person, Visit
from tests.cluster.usage.instances import Instance, Tenant
from tests.faults.traffic import traffic
from tests.harness.axe import problems
from tests.harness.browser import watched_pages
from tests.harness.cluster import READY_SECONDS, Namespace
from tests.harness.waiting import wait_until

MANY = re.compile("^([5-9]|[1-9][0-9])")
"""More than an instance has whose only client asks how it is."""
ENVOY_SECONDS = 15
"""How long Envoy lets a response take that nobody has told it to let go on."""
ENDED_STREAMS = "performance.getEntriesByType('resource').filter((each) => each.name.endsWith('/live')).length"
RECENT = "async () => (await fetch(`${location.pathname}/recent.json`)).json()"


def test_instance_is_made_used_and_deleted_in_the_browser(blue: Tenant, alice: Person, visit: Visit) -> None:
    page = visit(f"/new?namespace={blue.namespace}", alice)
    page.fill("#field-name", "handmade")
    page.fill("#field-capacity", "64Mi")
    expect(page.locator(".checked")).to_have_text("The API server would take this.")
    assert problems(page) == []
    press(page, "Create")
    page.wait_for_url(f"**/instances/{blue.namespace}/handmade")
    expect(page.locator("#state-title")).to_contain_text("Ready", timeout=READY_SECONDS * 1000)
    expect(page.locator("#member-0")).to_contain_text("redis: running")
    page.click(".tabs >> text=Key")
    press(page, "Show the key for 30 seconds")
    url, token = (line.partition("=")[2] for line in page.inner_text("#env").split())
    instance = blue.instance("handmade").wait_until_serving()
    with instance.client(token, url=url) as http:
        assert http.post("", json=["SET", "cart:7", "two apples"]).json() == {"result": "OK"}
    page.click(".tabs >> text=Data")
    page.locator("#key-list").get_by_role("button", name="cart:7", exact=True).click()
    expect(page.locator("#open-key")).to_contain_text("two apples")
    assert problems(page) == []
    page.click(".tabs >> text=Delete")
    page.fill("#name", "handmade")
    page.click("main form button")
    page.wait_for_url("**namespace=**")
    wait_until(lambda: blue.objects.get("RedisHttpInstance", blue.namespace, "handmade") is None, limit_seconds=READY_SECONDS)


def test_open_pages_go_on_when_the_pod_is_replaced(blue: Tenant, alice: Person, visit: Visit, browser: Browser) -> None:
    instance = blue.instance("killed").wait_until_serving()
    address = f"/instances/{blue.namespace}/{instance.name}"
    with own_dashboard(Path(os.environ["KUBECONFIG"]), "--no-browser") as link:
        origin = link.partition("/enter")[0]
        with watched_pages(browser, origin) as open_page:
            own = open_page()
            own.goto(link)
            own.goto(origin + address)
            pages = [visit(address, alice), own]
            for page in pages:
                show_figures(page, re.compile("[0-9]"))
            replace(instance)
            with traffic(instance, echo, clients=2, pause=0.01):
                for page in pages:
                    show_figures(page, MANY)
            for page in pages:
                expect(page.locator("#state-title")).to_contain_text("Ready")
                # The new sidecar knows nothing of the time before it.
                assert page.evaluate(RECENT)["charts"]["commands"]["points"][0][0] is None
                assert problems(page) == []
            through_ingress = pages[0]
            through_ingress.wait_for_function(f"performance.now() > {ENVOY_SECONDS + 1} * 1000")
            assert through_ingress.evaluate(ENDED_STREAMS) == 0


def show_figures(page: Page, commands: re.Pattern[str]) -> None:
    """Wait until a page shows that many commands a second, and nothing that is wrong."""
    expect(page.locator("[data-chart=commands] output")).to_have_text(commands)
    expect(page.locator("[data-chart=memory] output")).to_have_text(re.compile("^[0-9.]+[KM]i"))
    expect(page.locator("#charts-note")).to_be_empty()
    expect(page.locator("#live")).to_have_text("Live")


def replace(instance: Instance) -> None:
    """Delete the pod, and wait until another one serves."""
    before = instance.pod_uid()
    Namespace(instance.namespace)("delete", "pod", f"{instance.name}-0", "--wait=false")
    wait_until(lambda: instance.pod_uid() not in ("", before), limit_seconds=READY_SECONDS, what="another pod")
    instance.wait_until_serving()


def echo(http: httpx.Client, tag: str) -> httpx.Response:
    return http.post("", json=["ECHO", tag])
