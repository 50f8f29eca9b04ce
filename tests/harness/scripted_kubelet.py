"""A kubelet of which an API server asks for the logs of containers, and which has those that a test gives it.

Source: the paths of https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/server/server.go.
"""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.harness.certificates import make_authority, make_leaf


class ScriptedKubelet:
    """The logs, by pod and container: lines with their times.

    Attributes:
        port: where it listens on 127.0.0.1.
        goes_on: set it to have logs that are followed end with the line `the end`.
    """

    def __init__(self, logs: Mapping[tuple[str, str], list[str]], folder: Path) -> None:
        self.goes_on = threading.Event()
        pair = make_leaf(make_authority())
        (folder / "kubelet.pem").write_text(pair.certificate + pair.key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "kubelet.pem")
        kubelet = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                _, _, _, pod, container = parts.path.split("/")
                query = parse_qs(parts.query)
                lines = logs[pod, container][-int(query["tailLines"][0]) :]
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for line in lines:
                    self._chunk(f"{line}\n".encode())
                if query.get("follow") == ["true"]:
                    kubelet.goes_on.wait(60)
                    self._chunk(b"2026-01-01T01:00:00Z the end\n")
                self._chunk(b"")

            def _chunk(self, data: bytes) -> None:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.flush()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve until the end of the block."""
        self._thread.start()
        try:
            yield
        finally:
            self.goes_on.set()
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
