"""Subscribers that read all that comes: `python -m bench.audience ORIGIN PATH AUTHORIZATION STREAMS MARK TIMES`.

Each has a connection with one request for a stream. `ready` is printed once all have got something of their body, and `complete` once MARK
has come TIMES over each of them; they then stay until the process is ended. If nothing comes for long, it ends with an error.
"""

import selectors
import socket
import sys
from urllib.parse import urlsplit

_RECEIVED_BYTES = 64 * 1024
_SILENCE_SECONDS = 20.0


class _Subscriber:
    """One stream."""

    def __init__(self, origin: str, path: str, authorization: str) -> None:
        target = urlsplit(origin)
        self.socket = socket.create_connection((target.hostname, target.port))
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {target.netloc}\r\nAuthorization: {authorization}\r\n\r\n".encode())
        self.began = False
        self.marks = 0
        self._rest = b""

    def read(self, mark: bytes) -> bool:
        """Read and count what has come; False at the end of the stream."""
        received = self.socket.recv(_RECEIVED_BYTES)
        data = self._rest + received
        if self.began:
            *whole, rest = data.split(mark)
            self.marks += len(whole)
            self._rest = rest[-len(mark) :]
        else:
            # The body, and not only the head.
            self.began = data.partition(b"\r\n\r\n")[2] != b""
            self._rest = b"" if self.began else data
        return received != b""


def main(origin: str, path: str, authorization: str, streams: int, mark: bytes, times: int) -> None:
    """Subscribe, and read."""
    with selectors.DefaultSelector() as selector:
        subscribers = [_Subscriber(origin, path, authorization) for _ in range(streams)]
        for subscriber in subscribers:
            selector.register(subscriber.socket, selectors.EVENT_READ, subscriber)
        is_ready = is_complete = False
        while True:
            ready = selector.select(_SILENCE_SECONDS)
            if not ready or not all(key.data.read(mark) for key, _ in ready):
                sys.exit(f"a stream of {origin}{path} was refused or has ended, or nothing comes any more")
            if not is_ready and all(subscriber.began for subscriber in subscribers):
                is_ready = True
                print("ready", flush=True)
            if not is_complete and all(subscriber.marks >= times for subscriber in subscribers):
                is_complete = True
                print("complete", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5].encode(), int(sys.argv[6]))
