"""What somebody with a narrow token, or without any, can do to an instance. Each attack repeats until it is told to stop.

`python -m tests.faults.attacks` runs several at once, away from the process that measures: it reads a `Plan` as JSON and writes what the
attackers got. Everything goes to the one address of the plan; a test gives one on loopback.
"""

import http.client
import json
import math
import os
import socket
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cache

MIB = 1024 * 1024
SEEDS = {"attack:large": b"x" * MIB, "attack:newlines": b"\n" * (10 * MIB)}
"""What the attacks read, by key."""

_PATIENCE_SECONDS = 20
_END_SECONDS = 3
_PAUSE_SECONDS = 0.05


@dataclass
class Target:
    """The instance that is attacked, the credential that the attacker has, and what came of it.

    Attributes:
        statuses: How many answers had which status; 0 are connections that ended, 1 those that were let alone, without one.
        scripts: When a script that ran was sent and answered, in seconds of the monotonic clock.
    """

    address: str
    base_path: str
    token: str
    stop: threading.Event
    statuses: Counter[int] = field(default_factory=Counter)
    scripts: list[tuple[float, float]] = field(default_factory=list)

    def head(self, method: str, path: str, *fields: str, authorized: bool = True) -> bytes:
        """The head of a request, without its empty line."""
        credential = (f"Authorization: Bearer {self.token}",) if authorized else ()
        return "\r\n".join((f"{method} {self.base_path}{path} HTTP/1.1", "Host: cache.test", *credential, *fields, "")).encode()

    def call(self, method: str, path: str, body: bytes | None = None, **fields: str) -> int:
        """Send a request, read its answer and count its status; 0 if there is none."""
        host, _, port = self.address.rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=_PATIENCE_SECONDS)
        headers = {"Authorization": f"Bearer {self.token}", **{name.replace("_", "-"): value for name, value in fields.items()}}
        try:
            connection.request(method, self.base_path + path, body, headers)
            answer = connection.getresponse()
            while answer.read(MIB):
                pass
            status = answer.status
        except (http.client.HTTPException, OSError):
            status = 0
        finally:
            connection.close()
        self.statuses[status] += 1
        return status

    def connect(self, receive_buffer: int | None = None) -> socket.socket:
        """A connection.

        Raises:
            OSError: There is none to be had.
        """
        host, _, port = self.address.rpartition(":")
        connection = socket.socket()
        if receive_buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(_PATIENCE_SECONDS)
        connection.connect((host, int(port)))
        return connection

    def at_once(self, count: int, one: Callable[[], object]) -> None:
        """Do one thing in that many threads, and wait for all."""
        threads = [threading.Thread(target=one, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def hold(self, count: int, beginning: bytes, drop: bytes, seconds: float, receive_buffer: int | None = None) -> None:
        """Open that many connections, send a beginning on each, then a drop every second, for so long or until they are closed."""
        with ExitStack() as connections:
            held = []
            for _ in range(count):
                with suppress(OSError):
                    connection = connections.enter_context(self.connect(receive_buffer))
                    held.append(connection)
                    connection.sendall(beginning)
            deadline = time.monotonic() + seconds
            while held and time.monotonic() < deadline and not self.stop.wait(1):
                held = [connection for connection in held if self._is_open(connection, drop)]
            self.statuses[1] += len(held)

    def _is_open(self, connection: socket.socket, drop: bytes) -> bool:
        connection.setblocking(False)
        try:
            connection.send(drop)
            received = connection.recv(4096)
        except BlockingIOError:
            return True
        except OSError:
            received = b""
        if received.startswith(b"HTTP/1.1 "):
            self.statuses[int(received[9:12])] += 1
        elif not received:
            self.statuses[0] += 1
        return bool(received)


_LARGE_PIPELINE = json.dumps([["GET", "attack:large"]] * 600).encode()


@cache
def _bomb() -> bytes:
    compressor = zlib.compressobj(9, wbits=31)
    piece = bytes(MIB)
    return b"".join(compressor.compress(piece) for _ in range(512)) + compressor.flush()


@cache
def _many_arguments() -> bytes:
    return b'["EXISTS"' + b",1" * (5 * MIB - 10) + b"]"


@cache
def _empty_commands() -> bytes:
    return b"[" + b",".join([b"[]"] * (3 * MIB)) + b"]"


def large_answers(target: Target) -> None:
    """One small body whose answer is 600 MB."""
    target.call("POST", "/pipeline", _LARGE_PIPELINE)


def slow_readers(target: Target) -> None:
    """Answers of 20 MB, which may be had, that are read a little at a time."""
    body = json.dumps([["GET", "attack:large"]] * 20).encode()
    request = target.head("POST", "/pipeline", f"Content-Length: {len(body)}") + b"\r\n" + body
    target.hold(10, request, b"", 20, receive_buffer=4096)


def newlines(target: Target) -> None:
    """A value of nothing but line breaks, in the bytes of Redis' reply."""
    target.call("GET", "/get/attack:newlines", Upstash_Response_Format="resp2")


def many_arguments(target: Target) -> None:
    """A body of millions of numbers."""
    target.call("POST", "/", _many_arguments())


def empty_commands(target: Target) -> None:
    """A pipeline of millions of commands that are none."""
    target.call("POST", "/pipeline", _empty_commands())


def deep_nesting(target: Target) -> None:
    """A body that is nested millions deep."""
    target.call("POST", "/", b"[" * (5 * MIB))
    target.call("POST", "/keys/attack:json", b'{"value": ' + b"[" * MIB + b"]" * MIB + b"}")


def half_pairs(target: Target) -> None:
    """A text of nothing but halves of surrogate pairs."""
    target.call("POST", "/keys/attack:json", b'{"value": "' + b"\\ud800" * MIB + b'"}')


def large_json(target: Target) -> None:
    """The largest JSON bodies, many at once."""
    body = b'{"value": "' + "é".encode() * (5 * MIB - 100) + b'"}'
    target.at_once(8, lambda: target.call("POST", "/keys/attack:json", body))


def large_writes(target: Target) -> None:
    """The largest raw bodies, many at once."""
    body = b"x" * (10 * MIB - 100)
    target.at_once(12, lambda: target.call("POST", "/set/attack:raw", body))


def compressed_bodies(target: Target) -> None:
    """A small body that unpacks to half a gigabyte."""
    body = _bomb()
    target.at_once(4, lambda: target.call("POST", "/set/attack:raw", body, Content_Encoding="gzip"))


def half_bodies(target: Target) -> None:
    """Half of a body on many connections, without a credential."""
    head = target.head("POST", "/set/a", "Content-Length: 200000", authorized=False)
    target.hold(300, head + b"\r\n" + b"x" * 100_000, b"x", 15)


def slow_heads(target: Target) -> None:
    """Heads that never end, on many connections, without a credential."""
    target.hold(300, b"GET / HTTP/1.1\r\n", b"X: y\r\n", 15)


def endless_scripts(target: Target) -> None:
    """A script that does not end."""
    started = time.monotonic()
    target.scripts.append((started, math.inf))
    status = target.call("POST", "/", b'["EVAL_RO", "while true do end", 1, "attack:script"]')
    target.scripts.pop()
    if status != 429:
        target.scripts.append((started, time.monotonic()))


def waiting_commands(target: Target) -> None:
    """Commands that wait for nothing, more than may wait at once."""
    target.at_once(100, lambda: target.call("POST", "/", b'["BLPOP", "attack:queue", 10]'))


def streams(target: Target) -> None:
    """Streams of a channel where nothing is said, more than there may be."""
    target.hold(300, target.head("GET", "/subscribe/attack:none") + b"\r\n", b"", 15)


ATTACKS: dict[Callable[[Target], None], str] = {
    large_answers: "~attack:large +get",
    slow_readers: "~attack:large +get",
    newlines: "~attack:newlines +get",
    many_arguments: "~attack:* +exists",
    empty_commands: "~attack:* +get",
    deep_nesting: "~attack:json +set",
    half_pairs: "~attack:json +set",
    large_json: "~attack:json +set",
    large_writes: "~attack:raw +set",
    compressed_bodies: "~attack:raw +set",
    half_bodies: "",
    slow_heads: "",
    endless_scripts: "~attack:script +eval_ro",
    waiting_commands: "~attack:queue +blpop",
    streams: "~attack:none &attack:* +subscribe",
}
"""Every attack, and the acl claim of the token that it takes; empty if none."""


@dataclass(frozen=True)
class Plan:
    """What `main` reads: for how many seconds to attack what, and the token of each attack by the name of its function."""

    address: str
    base_path: str
    seconds: float
    tokens: dict[str, str]


def attack(plan: Plan) -> dict[str, Target]:
    """Carry out the attacks of a plan, each in a thread of its own, again and again."""
    stop = threading.Event()
    targets = {name: Target(plan.address, plan.base_path, token, stop) for name, token in plan.tokens.items()}
    attacks = {function.__name__: function for function in ATTACKS}

    def repeat(name: str) -> None:
        while not stop.wait(_PAUSE_SECONDS):
            attacks[name](targets[name])

    threads = [threading.Thread(target=repeat, args=(name,), daemon=True) for name in plan.tokens]
    for thread in threads:
        thread.start()
    threading.Event().wait(plan.seconds)
    stop.set()
    # Some wait for answers that are late, which the end of the process ends.
    deadline = time.monotonic() + _END_SECONDS
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
    return targets


def main() -> None:
    """Carry out the plan on standard input, as somebody elsewhere would: with no more than what is left of this machine's processors."""
    os.nice(10)
    found = attack(Plan(**json.load(sys.stdin)))
    outcomes = {name: {"statuses": target.statuses.copy(), "scripts": target.scripts.copy()} for name, target in found.items()}
    json.dump(outcomes, sys.stdout, sort_keys=True)


if __name__ == "__main__":
    main()
