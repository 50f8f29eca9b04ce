"""What the dashboard's bars share: an API server, a sidecar, one dashboard and one browser, each started on first use."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

from bench import browser, contenders, dashboard_ground, dashboard_process
from bench.browser import Browser
from bench.dashboard_ground import FLEET, TEAM, DashboardGround
from bench.dashboard_process import Dashboard
from kuberedis_dashboard.app import CLUSTER_PAGES, PAGES
from kuberedis_dashboard.http.route import Access, Route

LIST = f"/?namespace={TEAM}"
"""The list of the instances of one namespace."""
INSTANCE = f"/instances/{TEAM}/{contenders.INSTANCE}"
"""The page of one instance, whose sidecar is a real one."""
SIGN_IN = "/sign-in"
"""The only page for people who have not signed in."""

_KEYS = 500


class DashboardStage:
    """The servers and settings that the bars share.

    Args:
        folder: parent folder of all programs' files.
        python: interpreter that runs the dashboard.
        sidecar_python: interpreter that runs the sidecar.
        instances: number of instances in the namespace with many.
        ends: stack on which everything is stopped.
    """

    def __init__(self, folder: Path, python: str, sidecar_python: str, instances: int, ends: ExitStack) -> None:
        self.python = python
        self.instances = instances
        self._folder = folder
        self._sidecar_python = sidecar_python
        self._ends = ends
        self._dashboards = 0

    def folder(self, name: str) -> Path:
        """The folder `name` in the run's folder, created if it is missing."""
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        return folder

    @cached_property
    def ground(self) -> DashboardGround:
        """The API server with its users and instances."""
        ground = self._ends.enter_context(dashboard_ground.prepared(self._folder / "control-plane", contenders.INSTANCE))
        ground.add_key(TEAM, contenders.INSTANCE, self.sidecar.key)
        return ground

    @cached_property
    def sidecar(self) -> contenders.Sidecar:
        """The sidecar that answers for every instance."""
        redis = self._ends.enter_context(contenders.redis(self.folder("redis")))
        redis.client().mset({f"user:{number}": f"name of {number}" for number in range(_KEYS)})
        return self._ends.enter_context(contenders.sidecar(self._sidecar_python, self.folder("sidecar"), redis))

    @cached_property
    def dashboard(self) -> Dashboard:
        """The dashboard that pages are visited on."""
        return self._ends.enter_context(self.new_dashboard())

    @contextmanager
    def new_dashboard(self, module: str = dashboard_process.DIRECT) -> Iterator[Dashboard]:
        """Another dashboard, of which nobody has asked anything yet."""
        self._dashboards += 1
        output = self.folder("dashboards") / f"{self._dashboards}.log"
        with dashboard_process.dashboard(self.python, module, self.ground, self.sidecar.origin, output) as started:
            yield started

    @cached_property
    def browser(self) -> Browser:
        """A browser in which the user has signed in."""
        return self._ends.enter_context(browser.browser(self.dashboard.origin, self.ground.user))

    @cached_property
    def fleet(self) -> str:
        """The path of the list of many instances, which are created on first access."""
        self.ground.fill(FLEET, [f"cache-{number}" for number in range(self.instances)])
        return f"/?namespace={FLEET}"

    @cached_property
    def pages(self) -> list[str]:
        """Paths of all pages: the list, and whatever of an instance or without a parameter is a page."""
        paths = {_path(route) for pages in (*PAGES, *CLUSTER_PAGES) for route in pages if "GET" in route.methods and not route.background}
        found = sorted(path for path in paths if path is not None and self.dashboard.page(path, self.ground.user) is not None)
        return [LIST, *found]


def _path(route: Route) -> str | None:
    """The path of a route for the one instance; None if it needs something else, or is not of a user."""
    path = route.path.replace("<namespace:str>", TEAM).replace("<name:str>", contenders.INSTANCE)
    return None if route.access is not Access.USER or "<" in path or path == "/" else path
