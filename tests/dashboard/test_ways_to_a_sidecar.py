"""The ways to a sidecar: what is forwarded, how many at once, and what a server that misbehaves can do.

In place of kubectl a program of the same lines forwards to a real sidecar.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kuberedis_core.crd.names import NamespacedName
from kuberedis_dashboard.errors import Unavailable
from kuberedis_dashboard.gateway.exchange import Exchange
from kuberedis_dashboard.gateway.forwarded import MOST_FORWARDS, ForwardedGateways
from kuberedis_dashboard.gateway.gateways import Answer, Call
from kuberedis_dashboard.gateway.port_forward import PortForward
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import until

FORWARD = """
import asyncio, sys

async def relay(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()

async def main(host, port, label):
    async def connected(reader, writer):
        print("Handling connection for 1", flush=True)
        there, back = await asyncio.open_connection(host, port)
        await asyncio.gather(relay(reader, back), relay(there, writer))
    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print("x" * 100000, flush=True)
    print(f"Forwarding from 127.0.0.1:{server.sockets[0].getsockname()[1]} -> 8080", flush=True)
    open(label, "w").close()
    await asyncio.Event().wait()

asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
"""
# A child that takes a moment to end, as kubectl may: the moment in which it is ended a second time.
ENDS_LATE = """
import os, signal, sys, time

def end(*_):
    open(sys.argv[1], "w").close()
    time.sleep(0.3)
    os.unlink(sys.argv[1])
    sys.exit()

signal.signal(signal.SIGTERM, end)
print("Forwarding from 127.0.0.1:1 -> 8080", flush=True)
signal.pause()
"""
REFUSED = "import sys; print('error: pods \"x\" is forbidden: \x1b[31m', file=sys.stderr); sys.exit(1)"


class Forwards:
    """Makes commands as `kubectl port-forward` has them, and remembers which targets it was asked for."""

    def __init__(self, sidecar: Sidecar, folder: Path) -> None:
        self._host, _, self._port = sidecar.address.rpartition(":")
        self._folder = folder
        self.targets: list[tuple[str, str, int]] = []

    def command(self, *target: str | int) -> list[str]:
        namespace, what, port = target
        self.targets.append((str(namespace), str(what), int(port)))
        return [sys.executable, "-c", FORWARD, self._host, self._port, str(self._folder / f"{len(self.targets)}")]


@pytest.fixture
def forwards(sidecar: Sidecar, tmp_path: Path) -> Forwards:
    return Forwards(sidecar, tmp_path)


def run(command: Callable[..., list[str]], work: Callable[[ForwardedGateways], Awaitable[None]], idle_seconds: float = 60) -> None:
    async def main() -> None:
        gateways = ForwardedGateways(command, idle_seconds)
        try:
            await work(gateways)
        finally:
            await gateways.close()

    asyncio.run(main())


def instance(number: int) -> NamespacedName:
    return NamespacedName("team", f"cache-{number}x")


def test_one_forward_serves_many_requests(forwards: Forwards) -> None:
    async def work(gateways: ForwardedGateways) -> None:
        answers = await asyncio.gather(*(gateways.fetch(instance(0), Call("/livez"), 1) for _ in range(10)))
        assert {answer.status for answer in answers} == {200}

    run(forwards.command, work)
    assert forwards.targets == [("team", "pod/cache-0x-1", 8080)]


def test_more_instances_than_forwards_take_turns(forwards: Forwards) -> None:
    async def work(gateways: ForwardedGateways) -> None:
        answers = await asyncio.gather(*(gateways.fetch(instance(number), Call("/livez")) for number in range(MOST_FORWARDS + 4)))
        assert {answer.status for answer in answers} == {200}
        assert len(_children()) == MOST_FORWARDS

    run(forwards.command, work)
    assert len(forwards.targets) == MOST_FORWARDS + 4
    assert _children() == []


def test_a_forward_that_nobody_uses_ends(forwards: Forwards) -> None:
    async def work(gateways: ForwardedGateways) -> None:
        await gateways.fetch(instance(0), Call("/livez"))
        await until(lambda: not _children(), limit_seconds=20, what="the end of the child")

    run(forwards.command, work, idle_seconds=0.01)


def test_a_forward_that_is_ended_twice_has_ended_when_it_says_so(tmp_path: Path) -> None:
    # There from the signal until the child ends.
    ending = tmp_path / "ending"

    async def end() -> None:
        forward = PortForward([sys.executable, "-c", ENDS_LATE, str(ending)])
        assert await forward.port() == 1
        forward.end()
        await until(ending.exists, what="a child that ends")
        forward.end()
        await forward.ended()

    asyncio.run(end())
    assert not ending.exists()


def test_a_refusal_of_kubectl_is_passed_on_in_its_words() -> None:
    async def work(gateways: ForwardedGateways) -> None:
        for _ in range(2):
            with pytest.raises(Unavailable, match=r'^kubectl port-forward: pods "x" is forbidden: \\x1b\[31m$'):
                await gateways.fetch(instance(0), Call("/livez"))

    run(lambda *_: [sys.executable, "-c", REFUSED], work)


def test_a_pod_that_went_is_found_again(forwards: Forwards) -> None:
    def command(*target: str | int) -> list[str]:
        *made, port, label = forwards.command(*target)
        return [*made, "1" if len(forwards.targets) == 1 else port, label]

    async def work(gateways: ForwardedGateways) -> None:
        with pytest.raises(Unavailable, match="the sidecar of team/cache-0x does not answer"):
            await gateways.fetch(instance(0), Call("/livez"))
        assert (await gateways.fetch(instance(0), Call("/livez"))).status == 200

    run(command, work)


def _children() -> list[int]:
    """The processes that forward for this one, as far as they have begun."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if b"start_server" in command and parent == os.getpid():
            found.append(int(folder.name))
    return found


async def answer_of(served: bytes) -> Answer:
    """What is made of a server that answers with these bytes, and then waits."""
    handlers: set[asyncio.Task[None] | None] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.add(asyncio.current_task())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(served)
        await reader.read()
        writer.close()

    exchange = Exchange()
    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        try:
            port = server.sockets[0].getsockname()[1]
            return await exchange(f"http://127.0.0.1:{port}", Call("/", most_bytes=1000, seconds=1), "it")
        finally:
            await exchange.close()
            await asyncio.gather(*filter(None, handlers))


@pytest.mark.parametrize(
    ("served", "problem"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", "has more than 1,000 bytes"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001 + b"\r\n", "has more than 1,000 bytes"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1", "did not answer within 1 s"),
        (b"SSH-2.0-x\r\n", "does not answer"),
        (b"", "did not answer within 1 s"),
    ],
    ids=["large", "large-chunks", "stops", "other-protocol", "silent"],
)
def test_an_answer_is_bounded_in_size_and_time(served: bytes, problem: str) -> None:
    with pytest.raises(Unavailable, match=problem):
        asyncio.run(answer_of(served))


def test_a_redirect_is_not_followed() -> None:
    served = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    assert asyncio.run(answer_of(served)).status == 302
