"""Clients that leave at any moment, that send what is no request, and an end while pages are open: nothing of it is a fault, so that no
stack trace is logged, which the harness looks for.
"""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.harness.api_server_relay import ApiServerRelay
from tests.harness.dashboard import Dashboard, running_dashboard
from tests.harness.dashboard_cluster import ALICE, DashboardCluster

STREAMS = ("/live", "/instances/team-a/left/live", "/live?namespace=nowhere")
PAGES = ("/", "/instances/team-a/left", "/instances/team-a/left/recent.json", "/instances/team-a/left/edit", "/new")
_RESET = struct.pack("ii", 1, 0)


@pytest.fixture(scope="module", autouse=True)
def instances(dashboard_cluster: DashboardCluster) -> Iterator[None]:
    dashboard_cluster.create("team-a", "left")
    yield
    dashboard_cluster.delete("team-a", "left")


def begin(dashboard: Dashboard, path: str, method: str = "GET", fields: str = f"Authorization: Bearer {ALICE}\r\n") -> socket.socket:
    """Send a request, and read nothing yet."""
    connection = socket.create_connection(("127.0.0.1", dashboard.port), timeout=30)
    own = f"Sec-Fetch-Site: same-origin\r\nOrigin: {dashboard.origin}\r\n"
    connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{dashboard.port}\r\n{own}{fields}\r\n".encode("latin-1"))
    return connection


def leave(connection: socket.socket, after_bytes: int) -> None:
    """Read some bytes and reset the connection."""
    if after_bytes:
        connection.recv(after_bytes)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    connection.close()


def clients_leave(dashboard: Dashboard, _: ApiServerRelay) -> None:
    for after_bytes in (0, 1, 10_000):
        for path in (*STREAMS, *PAGES):
            # Several at once, which the API server answers one after the other.
            for connection in [begin(dashboard, path) for _ in range(4)]:
                leave(connection, after_bytes)


def requests_are_none(dashboard: Dashboard, _: ApiServerRelay) -> None:
    cases = [
        ("http://[::1/", "GET", "", 400),
        ("/", "GET", "Authorization: Bearer a\0b\r\n", 303),
        ("/", "GET", "Authorization: Bearer a\xff\r\n", 303),
        ("/new", "POST", f"Authorization: Bearer {ALICE}\r\nTransfer-Encoding: chunked\r\n\r\nzz", 400),
        ("/%ff%00", "GET", "", 404),
        *((path, "HEAD", f"Authorization: Bearer {ALICE}\r\n", 405) for path in STREAMS),
    ]
    for path, method, fields, status in cases:
        with begin(dashboard, path, method, fields) as connection:
            answer = connection.recv(12)
            assert answer == b"HTTP/1.1 %d" % status, (path, method)


def the_api_server_comes_and_goes(dashboard: Dashboard, relay: ApiServerRelay) -> None:
    with ExitStack() as streams:
        for path in STREAMS * 2:
            streams.enter_context(begin(dashboard, path)).recv(1)
        for _ in range(3):
            relay.cut()
            for path in PAGES:
                with begin(dashboard, path) as connection:
                    assert connection.recv(12)[9:12] in (b"503", b"200")
            relay.restore()
            for path in PAGES:
                with begin(dashboard, path) as connection:
                    connection.recv(1)


def sessions_end(dashboard: Dashboard, _: ApiServerRelay) -> None:
    own = {"Sec-Fetch-Site": "same-origin", "Origin": dashboard.origin}
    for has_begun in (False, True):
        signed_in = httpx.post(f"{dashboard.origin}/sign-in", data={"token": ALICE}, headers=own, timeout=30)
        cookie = signed_in.headers["set-cookie"].partition(";")[0]
        with ExitStack() as streams:
            opened = [streams.enter_context(begin(dashboard, path, fields=f"Cookie: {cookie}\r\n")) for path in STREAMS * 2]
            for stream in opened if has_begun else ():
                stream.recv(1)
            httpx.post(f"{dashboard.origin}/sign-out", headers={**own, "Cookie": cookie}, timeout=30)


@pytest.mark.parametrize("happening", [clients_leave, requests_are_none, the_api_server_comes_and_goes, sessions_end])
def test_no_stack_trace_is_logged_and_the_end_waits_for_nobody(
    dashboard_cluster: DashboardCluster, relay: ApiServerRelay, happening: Callable[[Dashboard, ApiServerRelay], None]
) -> None:
    with ExitStack() as left_open:
        with running_dashboard(dashboard_cluster.plane, {"KUBEREDIS_KUBERNETES_URL": relay.url}) as dashboard:
            happening(dashboard, relay)
            # It answers as before.
            assert httpx.get(f"{dashboard.origin}/", headers={"Authorization": f"Bearer {ALICE}"}, timeout=30).status_code == 200
            for path in (*STREAMS * 3, *PAGES * 2):
                left_open.enter_context(begin(dashboard, path))
        assert dashboard.process.returncode == 0
