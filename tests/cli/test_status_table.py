"""What a person sees on a terminal."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import COMMAND, LIMIT_SECONDS, eventually
from tests.cli.manifest_files import manifest, write
from tests.cli.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A terminal in which two instances run."""
    (tmp_path / "both.yaml").write_text(f"{manifest('cache', capacity='100Mi')}---\n{manifest('other')}")
    terminal = Terminal([*COMMAND, "local", "both.yaml", "--port", "0"], tmp_path)
    yield terminal
    if terminal.process.poll() is None:
        terminal.press("\x03")
        terminal.process.wait(LIMIT_SECONDS)
    terminal.end()


def rows(terminal: Terminal, name: str) -> list[list[str]]:
    """The cells of an instance's row, each time that it was drawn to its end."""
    lines = [line for line in terminal.text.splitlines() if re.fullmatch(rf"│ {name} +│(.*│){{4}}", line.rstrip())]
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]


def test_a_table_shows_each_instance(terminal: Terminal) -> None:
    eventually(lambda: bool(rows(terminal, "cache")) and bool(rows(terminal, "other")))
    name, url, memory, keys, state = rows(terminal, "cache")[-1]
    assert (name, keys, state) == ("cache", "0", "ready")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/instances/cache", url)
    assert re.fullmatch(r"[\d.]+[KM]i / 50Mi", memory)


def test_the_printed_curl_line_works_and_the_table_follows(terminal: Terminal) -> None:
    eventually(lambda: bool(rows(terminal, "cache")))
    [line] = [line for line in terminal.text.splitlines() if "curl" in line and "/cache/" in line]
    answer = subprocess.run(
        ["/bin/sh", "-c", f"{line} --silent --noproxy '*'"], capture_output=True, text=True, check=True, timeout=LIMIT_SECONDS
    )
    assert answer.stdout == '{"status":"OK"}'
    eventually(lambda: rows(terminal, "cache")[-1][3] == "1")


def test_a_narrow_terminal_does_not_break_the_curl_line(tmp_path: Path) -> None:
    terminal = Terminal([*COMMAND, "local", "--ephemeral", "--port", "0"], tmp_path, columns=60)
    try:
        eventually(lambda: re.search(r"echo \"Authorization: Bearer \$.*curl .*hello\"}'\n", terminal.text) is not None)
        terminal.press("\x03")
        terminal.process.wait(LIMIT_SECONDS)
    finally:
        terminal.end()


def test_a_changed_manifest_shows_in_the_table(terminal: Terminal, tmp_path: Path) -> None:
    eventually(lambda: bool(rows(terminal, "other")))
    write(tmp_path / "both.yaml", "cache", capacity="200Mi")
    eventually(lambda: rows(terminal, "cache")[-1][2].endswith("/ 100Mi"))
    assert "other is removed" in terminal.text


def test_ctrl_c_ends_it_without_an_error(terminal: Terminal) -> None:
    eventually(lambda: bool(rows(terminal, "cache")))
    terminal.press("\x03")
    assert terminal.process.wait(LIMIT_SECONDS) == 0
    eventually(lambda: terminal.text.rstrip().endswith("stopped"))
    assert "Traceback" not in terminal.text


def test_a_refusal_is_one_plain_line(tmp_path: Path) -> None:
    terminal = Terminal([*COMMAND, "local", "missing.yaml"], tmp_path)
    try:
        assert terminal.process.wait(LIMIT_SECONDS) == 1
        eventually(lambda: terminal.text == "kuberedis: missing.yaml: no such file or folder\n")
    finally:
        terminal.end()


def test_text_in_a_pipe_has_sentences_and_no_table(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "local", "--ephemeral", "--port", "0", "--output", "text"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    ) as local:
        assert local.stdout is not None
        assert local.stdout.readline() == "local is ready; try it:\n"
        assert local.stdout.readline().startswith('  echo "Authorization: Bearer $(cat /')
        local.terminate()
        assert local.stdout.read() == "stopped\n"
