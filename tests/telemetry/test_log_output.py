"""Standard output of the sidecar: whole lines, in order, and nothing that waits for a reader who has stopped."""

import asyncio
import errno
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuberedis_sidecar.telemetry.log_output import LogOutput, pieces
from tests.harness.waiting import until, wait_until

_LIMIT_SECONDS = 20
_TOO_MANY = 1500


class Pipe:
    """A pipe, and an output that writes to it."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self.output = LogOutput(self.writer)
        self.received = b""

    def read(self) -> int:
        """Read what is there; returns how much that was."""
        before = len(self.received)
        with suppress(BlockingIOError):
            while data := os.read(self._reader, 2**16):
                self.received += data
        return len(self.received) - before

    def lines(self) -> list[Any]:
        """The lines that were read, each of which has to be JSON."""
        return [json.loads(line) for line in self.received.splitlines()]

    def close_reader(self) -> None:
        os.close(self._reader)
        self._reader = -1

    def close(self) -> None:
        # Not when it is collected: the number of the descriptor may be that of another file by then.
        self.output.forget()
        self.output.close()
        os.close(self.writer)
        if self._reader >= 0:
            os.close(self._reader)


@pytest.fixture(params=[False, True], ids=["beside others", "alone"])
def alone(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(params=["at once", "if ready"])
def pipe(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, alone: bool) -> Iterator[Pipe]:
    """A pipe, on this kernel and on one that cannot be asked not to wait, with one writer or perhaps more."""

    def unsupported(*_: object) -> int:
        raise OSError(errno.EOPNOTSUPP, "not supported")

    if request.param == "if ready":
        monkeypatch.setattr(os, "pwritev", unsupported)
    made = Pipe()
    if alone:
        made.output.write_alone()
    yield made
    made.close()


def line(number: int, size: int = 0) -> bytes:
    return json.dumps({"number": number, "rest": "x" * size}).encode() + b"\n"


@given(st.lists(st.binary(max_size=40).map(lambda text: text.replace(b"\n", b" ") + b"\n"), max_size=30), st.integers(1, 60))
def test_pieces_are_short_and_end_with_a_line_unless_one_is_longer(lines: list[bytes], most: int) -> None:
    made = list(pieces(b"".join(lines), most))
    assert b"".join(made) == b"".join(lines)
    assert all(0 < len(piece) <= most for piece in made)
    if all(len(line) <= most for line in lines):
        assert all(piece.endswith(b"\n") for piece in made)


def test_lines_are_in_the_order_in_which_they_were_added(pipe: Pipe) -> None:
    pipe.output.lines += [line(1), line(2)]
    pipe.output.write(line(3))
    pipe.output.lines.append(line(4))
    pipe.read()
    assert [entry["number"] for entry in pipe.lines()] == [1, 2, 3]
    pipe.output.flush()
    pipe.read()
    assert [entry["number"] for entry in pipe.lines()] == [1, 2, 3, 4]


def test_who_writes_alone_writes_more_at_once(
    pipe: Pipe, alone: bool, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    sizes: list[int] = []

    def counting(write: Callable[..., int]) -> Callable[..., int]:
        def counted(*arguments: Any) -> int:
            sizes.append(write(*arguments))
            return sizes[-1]

        return counted

    for name in ("pwritev", "write"):
        monkeypatch.setattr(os, name, counting(getattr(os, name)))
    assert pipe.output.together == (64 if alone else 16)
    pipe.output.lines += [line(number, 220) for number in range(64)]
    pipe.output.flush()
    pipe.read()
    assert [entry["number"] for entry in pipe.lines()] == list(range(64))
    # A kernel that cannot be asked not to wait takes no more at once without waiting.
    assert len(sizes) == (1 if alone and "at once" in request.node.name else 4)


def test_line_that_is_not_urgent_is_written_soon(pipe: Pipe) -> None:
    async def write() -> None:
        pipe.output.start(asyncio.get_running_loop())
        pipe.output.lines.append(line(1))
        pipe.output.soon()
        await until(pipe.read, what="the line")

    asyncio.run(write())
    assert pipe.received == line(1)


def test_reader_who_stops_delays_nothing_and_misses_only_what_a_line_counts(pipe: Pipe) -> None:
    async def write() -> None:
        pipe.output.start(asyncio.get_running_loop())
        for number in range(_TOO_MANY):
            assert pipe.output.write(line(number, 1000)) > 1000
        await until(lambda: pipe.read() == 0 and b"log_lines_left_out" in pipe.received, limit_seconds=_LIMIT_SECONDS)
        pipe.output.write(line(_TOO_MANY))

    asyncio.run(write())
    pipe.read()
    *entries, notice, last = pipe.lines()
    assert (notice["level"], notice["event"]) == ("warning", "log_lines_left_out")
    assert [entry["number"] for entry in entries] == list(range(len(entries)))
    assert 0 < notice["lines"] == _TOO_MANY - len(entries)
    assert last["number"] == _TOO_MANY
    assert len(pipe.received) < 2**21


def test_reader_who_is_gone_is_not_an_error(pipe: Pipe) -> None:
    pipe.close_reader()
    for number in range(100):
        pipe.output.write(line(number))
    pipe.output.finish(1)


def test_full_disk_is_told_when_there_is_room_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    output = LogOutput(file)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        output.write(line(1))
        output.write(line(2))
    output.write(line(3))
    third, notice = map(json.loads, (tmp_path / "log").read_text().splitlines())
    assert (third["number"], notice["lines"]) == (3, 2)
    output.close()
    os.close(file)


@pytest.mark.parametrize("reads", [True, False])
def test_end_waits_for_the_reader_but_not_for_ever(pipe: Pipe, reads: bool) -> None:
    with asyncio.Runner() as runner:
        pipe.output.start(runner.get_loop())
    for number in range(500):
        pipe.output.write(line(number, 1000))
    ending = threading.Thread(target=pipe.output.finish, args=(_LIMIT_SECONDS if reads else 0.01,), daemon=True)
    ending.start()
    if reads:
        wait_until(lambda: not pipe.read() and not ending.is_alive(), limit_seconds=_LIMIT_SECONDS)
        assert len(pipe.lines()) == 500
    ending.join(_LIMIT_SECONDS)
    assert not ending.is_alive()


def test_what_a_parent_kept_is_not_written_by_its_child(pipe: Pipe) -> None:
    pipe.output.start(None)
    for _ in range(200):
        pipe.output.write(line(1, 1000))
    pipe.output.forget()
    pipe.read()
    before = len(pipe.received)
    pipe.output.write(line(2))
    pipe.read()
    assert pipe.received[before:] == line(2)


def test_lines_of_several_writers_stay_whole_on_one_pipe(pipe: Pipe) -> None:
    def write(writer: int) -> None:
        with closing(LogOutput(pipe.writer)) as output:
            for number in range(100):
                output.lines += [json.dumps([writer, number, piece, "x" * 300]).encode() + b"\n" for piece in range(32)]
                output.flush()

    writers = [threading.Thread(target=write, args=(writer,), daemon=True) for writer in range(3)]
    for writer in writers:
        writer.start()
    wait_until(lambda: not pipe.read() and not any(writer.is_alive() for writer in writers), limit_seconds=_LIMIT_SECONDS)
    pipe.read()
    entries = [tuple(entry[:3]) for entry in pipe.lines()]
    for number in range(3):
        assert [entry for entry in entries if entry[0] == number] == [(number, n, piece) for n in range(100) for piece in range(32)]
