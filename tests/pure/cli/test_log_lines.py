"""Lines of logs, out of chunks that begin and end anywhere, by time; and logs of local mode that grow or begin anew."""

from pathlib import Path

import pytest

from kuberedis_cli.observe.local_logs import LogFile, Tail
from kuberedis_cli.observe.log_lines import MAX_LINE_BYTES, Line, in_order, lines_of, shown, stamped

LONG = "x" * (MAX_LINE_BYTES + 5)


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        ([b"a\nb\n"], ["a", "b"]),
        ([b"a", b"b\n", b"\nc"], ["ab", "", "c"]),
        ([b"\xc3", b"\xa9\r\n"], ["é"]),
        ([b"\xff\n"], ["�"]),
        ([LONG.encode()], ["x" * MAX_LINE_BYTES, "xxxxx"]),
        ([LONG.encode(), b"y\n"], ["x" * MAX_LINE_BYTES, "xxxxxy"]),
        ([], []),
    ],
    ids=range(7),
)
def test_lines_are_whole_whatever_the_chunks(chunks: list[bytes], lines: list[str]) -> None:
    assert list(lines_of(chunks)) == lines


def test_logs_are_merged_by_time() -> None:
    one = stamped(["2026-01-01T00:00:01Z first", "2026-01-01T00:00:04Z last"], "a-0 redis")
    other = stamped(["2026-01-01T00:00:02Z second", "2026-01-01T00:00:03Z third line"], "a-0 sidecar")
    assert [line.text for line in in_order([one, other])] == ["first", "second", "third line", "last"]


def test_a_line_stands_behind_its_source_if_there_are_several() -> None:
    line = Line("", "a-0 redis", "text")
    assert (shown(line, 11), shown(line, 0)) == ("a-0 redis   | text", "text")


def test_a_log_is_read_on_from_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "valkey.log"
    path.write_text("one\ntwo\nthree\nunfin")
    path.chmod(0o600)
    tail = Tail(LogFile("a-0 redis", path), 2)

    def texts() -> list[str]:
        return [line.text for line in tail.new()]

    assert texts() == ["two", "three"]
    assert texts() == []
    with path.open("a") as log:
        log.write("ished\nfour\n")
    assert texts() == ["unfinished", "four"]
    path.write_text("anew\n")
    assert texts() == ["anew"]
    path.unlink()
    assert texts() == []
