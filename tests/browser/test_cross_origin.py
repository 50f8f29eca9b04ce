"""Pages of other origins, in a real browser: those of the setting may use the instance, others may not."""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.browser.chromium import PAGE_SECONDS, open_page
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar, StartSidecar

pytestmark = pytest.mark.slow

_PAGE = """
<!DOCTYPE html><meta charset="utf-8"><title>elsewhere</title><script type="module">
const url = %s, token = %s;
const headers = {Authorization: `Bearer ${token}`};
const report = (value) => fetch("/report", {method: "POST", body: JSON.stringify(value)});
async function attempt(work) {
  try { return await work(); } catch (error) { return {failed: error.name}; }
}
%s
</script>
"""

_USE = """
report(await attempt(async () => {
  const json = {...headers, "Content-Type": "application/json", "Upstash-Encoding": "base64"};
  const stored = await fetch(`${url}/keys/a%2Fb`, {method: "POST", headers: json, body: JSON.stringify({value: "é"})});
  const read = await fetch(`${url}/keys/a%2Fb`, {headers});
  const batch = await fetch(`${url}/pipeline`, {method: "POST", headers: json, body: JSON.stringify([["GET", "a/b"]])});
  const deleted = await fetch(`${url}/keys/a%2Fb`, {method: "DELETE", headers});
  const refused = await fetch(`${url}/keys/a`, {headers: {Authorization: "Bearer wrong"}});
  return {
    stored: await stored.json(),
    read: await read.json(),
    batch: await batch.json(),
    deleted: await deleted.json(),
    token: Boolean(read.headers.get("Upstash-Sync-Token")),
    refused: [refused.status, (await refused.json()).error.split(" ")[0]],
  };
}));
"""

_LISTEN = """
const events = new EventSource(`${url}/subscribe/news?_token=${encodeURIComponent(token)}`);
events.onmessage = ({data}) => {
  if (data === "subscribe,news,1") {
    fetch(`${url}/publish/news/hello`, {headers});
  } else {
    events.close();
    report(data);
  }
};
events.onerror = () => report("error");
"""


class _Site(ThreadingHTTPServer):
    """One page, and what it reported."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.page = ""
        self.reports: queue.Queue[Any] = queue.Queue()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: _Site

    def do_GET(self) -> None:
        self._answer(self.server.page.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.reports.put(json.loads(body))
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def _serving(site: _Site) -> Iterator[None]:
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    try:
        yield
    finally:
        site.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def site() -> Iterator[_Site]:
    with _Site() as site, _serving(site):
        yield site


def reported(site: _Site, sidecar: Sidecar, script: str, folder: Path, host: str = "127.0.0.1") -> Any:
    """What a page of `site` reports that runs `script`, opened at a host name of this machine."""
    site.page = _PAGE % (json.dumps(sidecar.url), json.dumps(sidecar.api_key), script)
    with open_page(site.origin.replace("127.0.0.1", host), folder):
        return site.reports.get(timeout=PAGE_SECONDS)


@pytest.mark.parametrize("setting", ["{origin},https://other.example", "*"], ids=["named", "any"])
def test_a_page_of_an_allowed_origin_uses_the_instance(
    redis_server: RedisServer, start_sidecar: StartSidecar, site: _Site, tmp_path: Path, setting: str
) -> None:
    sidecar = start_sidecar(redis_server, KUBEREDIS_CORS_ORIGINS=setting.format(origin=site.origin))
    assert reported(site, sidecar, _USE, tmp_path) == {
        "stored": {"status": "OK"},
        "read": {"key": "a/b", "value": "é"},
        "batch": [{"result": "w6k="}],
        "deleted": {"deleted": 1},
        "token": True,
        "refused": [401, "WRONGPASS"],
    }


def test_a_page_of_an_allowed_origin_hears_messages(
    redis_server: RedisServer, start_sidecar: StartSidecar, site: _Site, tmp_path: Path
) -> None:
    sidecar = start_sidecar(redis_server, KUBEREDIS_CORS_ORIGINS=site.origin)
    assert reported(site, sidecar, _LISTEN, tmp_path) == "message,news,hello"


@pytest.mark.parametrize(("host", "allowed"), [("my-app.localhost", True), ("a.b.localhost", False)])
def test_a_wildcard_is_one_label_to_a_browser_too(
    redis_server: RedisServer, start_sidecar: StartSidecar, site: _Site, tmp_path: Path, host: str, allowed: bool
) -> None:
    sidecar = start_sidecar(redis_server, KUBEREDIS_CORS_ORIGINS=f"http://*.localhost:{site.server_port}")
    report = reported(site, sidecar, _USE, tmp_path, host)
    assert report.get("refused") == ([401, "WRONGPASS"] if allowed else None)


@pytest.mark.parametrize("setting", ["", "https://other.example"], ids=["off", "another"])
def test_a_page_of_another_origin_cannot_use_the_instance(
    redis_server: RedisServer, start_sidecar: StartSidecar, site: _Site, tmp_path: Path, setting: str
) -> None:
    sidecar = start_sidecar(redis_server, KUBEREDIS_CORS_ORIGINS=setting)
    assert reported(site, sidecar, _USE, tmp_path) == {"failed": "TypeError"}
    assert reported(site, sidecar, _LISTEN, tmp_path) == "error"
    with redis_server.client() as client:
        assert client.exists("a/b") == 0
