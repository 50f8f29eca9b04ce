"""One raw HTTP/1.1 conversation: bytes leave as given, answers are read by h11, which refuses a malformed one."""

import contextlib
import os
import socket
import struct
import time
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

import h11

# These headers differ from one answer to the next by nature; their presence still counts.
VOLATILE = {"x-request-id", "upstash-sync-token", "date"}
# An answer or a close that takes longer than this counts as missing, in seconds.
PATIENCE = 5.0
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20


@dataclass(frozen=True)
class Answer:
    """What one request got: interim statuses first, header names in lower case and sorted."""

    interim: tuple[int, ...]
    version: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of the header called name in lower case, if there is one."""
        return dict(self.headers).get(name)


class Conversation:
    """A connection to origin (scheme, host and port) that sends bytes as they are."""

    def __init__(self, origin: str) -> None:
        address = urlsplit(origin)
        assert address.hostname is not None
        self.socket = socket.create_connection((address.hostname, address.port or 80), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send data; a server that has already closed is no error, its answer may still be readable."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def send_apart(self, segments: list[bytes]) -> None:
        """Send each segment only when the server has read the one before."""
        for segment in segments:
            self.send(segment)
            self.wait_until_read()

    def wait_until_read(self) -> None:
        """Wait until nothing that was sent here waits in the server's receive queue (or the server has closed)."""
        deadline = time.monotonic() + PATIENCE
        while _unread_by_peer(self.socket):
            assert time.monotonic() < deadline, "the server stopped reading"
            os.sched_yield()

    def read_answer(self, method: str = "GET") -> Answer | None:
        """Read one final answer to a request of that method; None when the connection ends before its first byte."""
        parser = h11.Connection(h11.CLIENT)
        parser.send(h11.Request(method=method, target="/", headers=[("Host", "cache.test")]))
        parser.send(h11.EndOfMessage())
        interim: list[int] = []
        head: h11.Response | None = None
        body = b""
        if self._received:
            parser.receive_data(self._received)
        while True:
            event = parser.next_event()
            if event is h11.NEED_DATA:
                data = self._receive()
                if not data and head is None and not parser.trailing_data[0]:
                    return None
                parser.receive_data(data)
            elif isinstance(event, h11.InformationalResponse):
                interim.append(event.status_code)
            elif isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            else:
                break
        assert head is not None
        self._received = parser.trailing_data[0]
        headers = ((name.decode(), value.decode("latin-1")) for name, value in head.headers)
        return Answer(
            interim=tuple(interim),
            version=head.http_version.decode(),
            status=head.status_code,
            reason=head.reason.decode(),
            headers=tuple(sorted((name, "…" if name in VOLATILE else value) for name, value in headers)),
            body=body,
        )

    def wait_for_interim(self) -> int:
        """Wait for an interim answer and give its status; read_answer will report it again with the final one."""
        while b"\r\n\r\n" not in self._received:
            data = self._receive()
            assert data, "the connection ended before an interim answer"
            self._received += data
        return int(self._received.split(b" ", 2)[1])

    def is_quiet(self, seconds: float) -> bool:
        """Whether the server neither sends a byte nor closes for that long."""
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return not self._received
        except ConnectionResetError:
            return False
        finally:
            self.socket.settimeout(PATIENCE)
        return False

    def is_ended(self) -> bool:
        """Whether the server closes, with nothing sent before."""
        return not self._received and not self._receive()

    def reset(self) -> None:
        """Close with a TCP reset, as a crashed client does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _receive(self) -> bytes:
        try:
            return self.socket.recv(65536)
        except ConnectionResetError:
            return b""


def _unread_by_peer(client: socket.socket) -> int:
    """How many bytes the other end of a loopback connection has not read; 0 when it is gone (sock_diag(7))."""
    here, there = client.getsockname(), client.getpeername()
    ports = struct.pack("!HH", there[1], here[1])
    addresses = b"".join(socket.inet_aton(host).ljust(16, b"\0") for host, _ in (there, here))
    any_interface_and_cookie = struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)
    every_state = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0, 0xFFF)
    request = every_state + ports + addresses + any_interface_and_cookie
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
        kernel.send(struct.pack("=IHHII", 16 + len(request), _SOCK_DIAG_BY_FAMILY, 1, 0, 0) + request)
        reply = kernel.recv(4096)
    (kind,) = struct.unpack_from("=4xH", reply)
    (receive_queue,) = struct.unpack_from("=72xI", reply) if kind == _SOCK_DIAG_BY_FAMILY else (0,)
    return int(receive_queue)
