"""The control socket of a member, and the subcommands that are its clients."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from kuberedis_core.member_control import MARK_NAME, MAX_LINE_BYTES, SOCKET_NAME, ControlReply, ControlRequest, dump
from kuberedis_sidecar.replication.control_socket import ControlSocket

_SECONDS = 10


def subcommand(*arguments: str, run_dir: Path | None = None) -> tuple[int, dict[str, Any]]:
    """The exit code of a subcommand, and the reply that it prints."""
    environ = {**os.environ, **({} if run_dir is None else {"KUBEREDIS_RUN_DIR": str(run_dir)})}
    done = subprocess.run(
        [sys.executable, "-m", "kuberedis_sidecar", *arguments], env=environ, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    assert done.stderr == ""
    reply: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, reply


@pytest.fixture
def requests() -> list[ControlRequest]:
    """What the socket was asked."""
    return []


@pytest.fixture
def run_dir(tmp_path: Path, requests: list[ControlRequest]) -> Iterator[Path]:
    """A folder with a socket that carries everything out but a switchover to `nobody`."""

    async def carry_out(request: ControlRequest) -> ControlReply:
        requests.append(request)
        if request.to == "nobody":
            return ControlReply(False, "nobody is no member", "unknown-member")
        return ControlReply(True, "done", primary="cache-1", seconds=0.2)

    with _served(lambda: ControlSocket(tmp_path, carry_out)):
        yield tmp_path


class _served:  # noqa: N801 used as a function
    """Serve a control socket in a thread."""

    def __init__(self, make: Callable[[], ControlSocket]) -> None:
        self._make = make
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)

    def __enter__(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(_SECONDS)

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._socket.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        self._socket = self._make()
        await self._socket.start()


@pytest.mark.parametrize(
    ("arguments", "request_"),
    [
        (["switchover"], ControlRequest("switchover")),
        (["switchover", "--to", "cache-2"], ControlRequest("switchover", "cache-2")),
        (["prefer"], ControlRequest("prefer")),
        (["pre-stop"], ControlRequest("pre-stop")),
    ],
)
def test_subcommand_prints_the_reply_of_the_sidecar(
    arguments: list[str], request_: ControlRequest, run_dir: Path, requests: list[ControlRequest]
) -> None:
    code, reply = subcommand(*arguments, run_dir=run_dir)
    assert (code, requests) == (0, [request_])
    assert reply == {"ok": True, "message": "done", "reason": "", "primary": "cache-1", "seconds": 0.2}


def test_exit_code_tells_what_was_not_done(run_dir: Path) -> None:
    code, reply = subcommand("switchover", "--to", "nobody", run_dir=run_dir)
    assert (code, reply["ok"], reply["reason"]) == (1, False, "unknown-member")


def test_instance_of_one_member_has_nobody_to_switch_to() -> None:
    code, reply = subcommand("switchover")
    assert (code, reply["reason"]) == (1, "one-member")


def test_sidecar_that_is_gone_does_not_keep_redis_from_ending(tmp_path: Path) -> None:
    (tmp_path / MARK_NAME).touch()
    code, reply = subcommand("pre-stop", run_dir=tmp_path)
    assert (code, reply["reason"]) == (1, "no-answer")
    assert not (tmp_path / MARK_NAME).exists()


def test_nobody_else_may_connect(run_dir: Path) -> None:
    assert (run_dir / SOCKET_NAME).stat().st_mode & 0o777 == 0o600


def test_successor_listens_in_place_of_a_sidecar_that_was_killed(run_dir: Path, tmp_path: Path) -> None:
    async def carry_out(_: ControlRequest) -> ControlReply:
        return ControlReply(True, "by the successor")

    with _served(lambda: ControlSocket(tmp_path, carry_out)):
        assert subcommand("prefer", run_dir=run_dir)[1]["message"] == "by the successor"


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"not JSON\n",
        b"[]\n",
        b'{"verb": "shutdown"}\n',
        b'{"verb": "switchover", "to": 7}\n',
        b"[" * (MAX_LINE_BYTES - 1) + b"\n",
        b"x" * (3 * MAX_LINE_BYTES) + b"\n",
        b"a line without an end",
    ],
)
def test_what_is_no_request_is_not_answered(
    line: bytes, run_dir: Path, requests: list[ControlRequest], caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_SECONDS)
        connection.connect(str(run_dir / SOCKET_NAME))
        connection.sendall(line)
        with suppress(ConnectionResetError):
            assert connection.recv(100) == b""
    assert requests == []
    assert [record for record in caplog.records if record.name == "asyncio" and record.exc_info] == []
    assert subcommand("prefer", run_dir=run_dir)[0] == 0


def test_end_of_the_sidecar_in_a_request_is_no_fault(tmp_path: Path) -> None:
    faults: list[dict[str, Any]] = []

    async def serve() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
        asked = asyncio.Event()

        async def carry_out(_: ControlRequest) -> ControlReply:
            asked.set()
            await asyncio.Future()
            raise AssertionError

        control = ControlSocket(tmp_path, carry_out)
        await control.start()
        reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET_NAME)
        writer.write(dump(ControlRequest("pre-stop")))
        async with asyncio.timeout(_SECONDS):
            await asked.wait()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            assert await reader.read() == b""
        writer.close()
        control.close()

    asyncio.run(serve())
    assert faults == []
