"""The instances of a namespace, as the administrator sees them, and what a browser does with their pages."""

import json
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import Page

from kuberedis_core.crd.kind import GROUP, PLURAL
from tests.harness.dashboard import Dashboard
from tests.harness.dashboard_cluster import DashboardCluster, serving

TEAM = "team-b"
KEY = "key-of-the-test-0123456789-0123456789-0123"
URL = "https://redis.example.com/instances/cache"
HOSTILE = "</textarea><script>document.title='owned'</script>\u202egnp"
"""What somebody wrote into a setting."""

Visit = Callable[..., Page]
"""Opens a path of the dashboard for the owner of a token; its keywords are those of Playwright's `new_context`."""


class Team:
    """The instances of the namespace, seen by the administrator."""

    def __init__(self, cluster: DashboardCluster) -> None:
        self._cluster = cluster

    def put(self, name: str, **spec: Any) -> None:
        """Make an instance that serves, and its Secret."""
        self._cluster.create(TEAM, name, **spec)
        metadata = {"name": f"{name}-auth", "namespace": TEAM, "annotations": {f"{GROUP}/max-token-seconds": "86400"}}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"api_key": KEY}}
        self._cluster.kubectl("apply", "--filename", "-", stdin=json.dumps(secret))
        self.write_status(name)

    def get(self, name: str) -> dict[str, Any]:
        """An instance."""
        body: dict[str, Any] = json.loads(self.run("get", PLURAL, name, "--output=json"))
        return body

    def spec(self, name: str) -> dict[str, Any]:
        """The spec of an instance."""
        spec: dict[str, Any] = self.get(name)["spec"]
        return spec

    def has(self, name: str) -> bool:
        """Whether there is such an instance."""
        return bool(self.run("get", PLURAL, name, "--ignore-not-found"))

    def patch(self, name: str, **spec: Any) -> None:
        """Change the spec, as somebody else."""
        self.run("patch", PLURAL, name, "--type=merge", "--patch", json.dumps({"spec": spec}))

    def write_status(self, name: str, **status: Any) -> None:
        """Change the status, as the operator."""
        self._cluster.set_status(TEAM, name, serving(URL), url=URL, version="8", **status)

    def run(self, *arguments: str) -> str:
        """kubectl in the namespace."""
        return self._cluster.kubectl("--namespace", TEAM, *arguments)


def path_of(name: str, page: str) -> str:
    """The path of a page of an instance."""
    return f"/instances/{TEAM}/{name}/{page}"


def press(page: Page, name: str) -> None:
    """Press a button."""
    page.get_by_role("button", name=name, exact=True).click()


def post(page: Page, dashboard: Dashboard, path: str, form: dict[str, str]) -> httpx.Response:
    """A form as the user's browser sends it, whether a page offers it or not."""
    jar = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    headers = {"Origin": dashboard.origin, "Sec-Fetch-Site": "same-origin"}
    return httpx.post(f"{dashboard.origin}{path}", data=form, cookies=jar, headers=headers, timeout=30)
