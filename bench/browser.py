"""A Chromium that visits pages of the dashboard, and what each visit cost, as the browser itself counts it.

It is driven by the Chrome DevTools Protocol (https://chromedevtools.github.io/devtools-protocol/), through Playwright. Times are of the
browser's own clocks: paints by PerformanceObserver (https://www.w3.org/TR/largest-contentful-paint/), changes by MutationObserver.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, CDPSession, Page, sync_playwright

from bench import node, tools
from bench.errors import BenchError

_SETTLED_SECONDS = 1.5
_LONGEST_SECONDS = 60.0
_EVENTS = "text/event-stream"

# Before the page's own scripts. The policy does not apply to it, because the browser's debugger puts it in.
_OBSERVE = """
window.bench = {paint: 0, shift: 0, reports: 0, shown: 0};
new PerformanceObserver((list) => { for (const entry of list.getEntries()) bench.paint = entry.startTime; })
  .observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) bench.shift += entry.value; })
  .observe({type: "layout-shift", buffered: true});
document.addEventListener("securitypolicyviolation", () => { bench.reports += 1; });
document.addEventListener("DOMContentLoaded", () => requestAnimationFrame(() => setTimeout(() => { bench.shown = performance.now(); })));
"""
_AWAIT_TEXT = """(text) => {
  window.benchSeen = new Promise((resolve) => {
    const observer = new MutationObserver(look);
    function look() {
      if (!document.body.textContent.includes(text)) return;
      observer.disconnect();
      resolve(Date.now());
    }
    observer.observe(document.body, {subtree: true, childList: true, characterData: true});
    look();
  });
}"""


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    name: str = "light"
    scheme: Literal["light", "dark"] = "light"
    width: int = 1280
    height: int = 800


@dataclass(frozen=True)
class Throttle:
    """A slower machine and network.

    Args:
        cpu: how many times slower the processor is.
        bits: per second, in either direction.
    """

    cpu: float
    bits: float


@dataclass(frozen=True)
class Visit:
    """What a visit cost.

    Args:
        wire: bytes received by type of resource (`Document`, `Script`, `Stylesheet`), header fields included.
        paint: time from the beginning of the navigation to the largest contentful paint, in seconds.
        shown: time from there to the first frame with the whole document, in seconds.
        shift: cumulative layout shift.
        foreign: requests to other hosts.
        reports: violations of the content security policy.
        rows: rows of the page's tables.
    """

    wire: Counter[str]
    paint: float
    shown: float
    shift: float
    foreign: int
    reports: int
    rows: int


@dataclass
class _Traffic:
    """The requests of one page."""

    host: str
    types: dict[str, str] = field(default_factory=dict)
    wire: Counter[str] = field(default_factory=Counter)
    foreign: int = 0
    streams: int = 0

    def requested(self, event: dict[str, Any]) -> None:
        address = urlsplit(event["request"]["url"])
        self.foreign += address.scheme in ("http", "https", "ws", "wss") and address.netloc != self.host
        self.types[event["requestId"]] = event.get("type", "Other")

    def answered(self, event: dict[str, Any]) -> None:
        self.streams += event["response"]["mimeType"] == _EVENTS

    def finished(self, event: dict[str, Any]) -> None:
        self.wire[self.types.get(event["requestId"], "Other")] += int(event["encodedDataLength"])


class OpenPage:
    """A page that stays open."""

    def __init__(self, page: Page, session: CDPSession, traffic: _Traffic) -> None:
        self._page = page
        self._session = session
        self._traffic = traffic

    def settle(self) -> None:
        """Wait until the page has nothing more to show by itself."""
        self._page.wait_for_timeout(_SETTLED_SECONDS * 1000)

    def wait_until_live(self) -> None:
        """Wait until a stream of events keeps the page up to date.

        Raises:
            BenchError: it has none.
        """
        deadline = time.monotonic() + _LONGEST_SECONDS
        while not self._traffic.streams:
            if time.monotonic() > deadline:
                raise BenchError(f"{self._page.url} has opened no stream of events")
            self._page.wait_for_timeout(20)
        self.settle()

    def await_text(self, text: str) -> None:
        """Begin to look for a text that is not on the page yet."""
        self._page.evaluate(_AWAIT_TEXT, text)

    def seen_at(self) -> float:
        """When the awaited text was in the document, in seconds since 1970.

        Raises:
            BenchError: it did not come.
        """
        limit = f"new Promise((resolve) => setTimeout(() => resolve(0), {_LONGEST_SECONDS * 1000}))"
        found = self._page.evaluate(f"() => Promise.race([window.benchSeen, {limit}])")
        if not found:
            raise BenchError(f"a change of the cluster was not on {self._page.url} within {_LONGEST_SECONDS:.0f} s")
        return float(found) / 1000

    def next(self) -> str | None:
        """The path of the next part of a list; None if there is none."""
        link = self._page.query_selector("a[rel=next]")
        return link.get_attribute("href") if link is not None else None

    def violations(self) -> list[str]:
        """What axe finds: the rules that the page violates, and where."""
        self._page.evaluate(node.axe())
        found = self._page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [f"{each['id']} ({each['nodes'][0]['target'][0]})" for each in found["violations"]]

    def visit(self) -> Visit:
        """What the visit has cost so far."""
        figures = self._page.evaluate("() => window.bench")
        rows = self._page.locator("tbody tr").count()
        traffic = self._traffic
        wire = Counter(traffic.wire)
        return Visit(wire, figures["paint"] / 1000, figures["shown"] / 1000, figures["shift"], traffic.foreign, figures["reports"], rows)


class Browser:
    """A browser in which somebody has signed in.

    Args:
        chromium: the browser.
        origin: where the dashboard is.
        token: what they signed in with.
    """

    def __init__(self, chromium: Chromium, origin: str, token: str) -> None:
        self._chromium = chromium
        self._origin = origin
        self.version = chromium.version
        with self._context(Look()) as context:
            page = context.new_page()
            page.goto(f"{origin}/sign-in")
            page.fill("input[name=token]", token)
            page.click("main button")
            page.wait_for_selector("form[action$='/sign-out']")
            self._cookies: Any = context.cookies()

    @contextmanager
    def open(self, path: str, look: Look | None = None, throttle: Throttle | None = None, *, signed_in: bool = True) -> Iterator[OpenPage]:
        """A page in a browser that has nothing of the dashboard in its cache.

        Raises:
            BenchError: it answers something else than 200.
        """
        with self._context(look or Look()) as context:
            if signed_in:
                context.add_cookies(self._cookies)
            page = context.new_page()
            page.add_init_script(_OBSERVE)
            session, traffic = context.new_cdp_session(page), _Traffic(urlsplit(self._origin).netloc)
            session.on("Network.requestWillBeSent", traffic.requested)
            session.on("Network.responseReceived", traffic.answered)
            session.on("Network.loadingFinished", traffic.finished)
            session.send("Network.enable")
            if throttle is not None:
                session.send("Emulation.setCPUThrottlingRate", {"rate": throttle.cpu})
                speed = throttle.bits / 8
                limits = {"offline": False, "latency": 0, "downloadThroughput": speed, "uploadThroughput": speed}
                session.send("Network.emulateNetworkConditions", limits)
            answer = page.goto(f"{self._origin}{path}")
            if answer is None or not answer.ok:
                raise BenchError(f"{path} is not a page of this dashboard: {answer.status if answer is not None else 'no answer'}")
            yield OpenPage(page, session, traffic)

    @contextmanager
    def _context(self, look: Look) -> Iterator[BrowserContext]:
        size: Any = {"width": look.width, "height": look.height}
        context = self._chromium.new_context(color_scheme=look.scheme, viewport=size)
        context.set_default_timeout(_LONGEST_SECONDS * 1000)
        try:
            yield context
        finally:
            context.close()


@contextmanager
def browser(origin: str, token: str) -> Iterator[Browser]:
    """A new browser, in which somebody has signed in with a token, until the block ends."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=tools.find("chromium"), args=["--no-sandbox"])
        try:
            yield Browser(chromium, origin, token)
        finally:
            chromium.close()
