"""A client of server-sent events that shows every line as it came."""

import http.client
import socket
import struct
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from tests.harness.sidecar import Sidecar

LIMIT_SECONDS = 10


class EventStream:
    """One request for a stream; every wait for a line has a limit.

    Args:
        sidecar: Sidecar to connect to, with its instance key.
        path: Raw path below the base path, such as `/subscribe/news`.
        headers: Further headers.
        method: `POST`, as the SDK does, or another.
    """

    def __init__(self, sidecar: Sidecar, path: str, headers: Mapping[str, str] | None = None, *, method: str = "POST") -> None:
        self._connection = http.client.HTTPConnection(sidecar.address, timeout=LIMIT_SECONDS)
        credential = {"Authorization": f"Bearer {sidecar.api_key}", "Accept": "text/event-stream"}
        self._connection.connect()
        self.socket: socket.socket = self._connection.sock
        self._connection.request(method, sidecar.base_path + path, headers={**credential, **(headers or {})})
        self.response = self._connection.getresponse()

    def line(self) -> bytes:
        """The next line as it came, its line feed included; empty at the end of the stream."""
        return self.response.readline()

    def data(self) -> str:
        """The text of the next event, which must be one data line and an empty one."""
        while (line := self.line()) == b": keep-alive\n" or line == b"\n":
            pass
        assert line.startswith(b"data: "), line
        assert self.line() == b"\n"
        return line.removeprefix(b"data: ").removesuffix(b"\n").decode()

    def reset(self) -> None:
        """Disconnect with a reset, as a client does whose machine loses power."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.response.close()
        self._connection.close()
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
