"""The lines of the access log, and the file that turns it on and off."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuberedis_sidecar.telemetry import access_log
from kuberedis_sidecar.telemetry.access_log import AccessLog, is_wanted
from kuberedis_sidecar.telemetry.log_output import LogOutput

_VISIBLE = [chr(code) for code in range(0x21, 0x7F)]


@given(
    instance=st.text(),
    route=st.text(),
    method=st.sampled_from(["GET", "POST"]) | st.text(),
    status=st.integers(100, 599),
    seconds=st.floats(0, 1e5),
    request_id=st.text(_VISIBLE, min_size=1, max_size=128),
    now=st.integers(0, 4 * 10**9 * 1000),
)
def test_line_is_what_a_json_encoder_makes_of_the_same_values(
    instance: str, route: str, method: str, status: int, seconds: float, request_id: str, now: int
) -> None:
    expected = {
        "level": "info",
        "instance": instance,
        "method": method,
        "route": route,
        "status": status,
        "duration_ms": round(seconds * 1000, 3),
        "request_id": request_id,
        "event": "request",
        "timestamp": datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=now),
    }
    with TemporaryFile() as file, closing(LogOutput(file.fileno())) as output, pytest.MonkeyPatch.context() as patch:
        patch.setattr(access_log, "time", lambda: (now + 0.5) / 1000)
        log = AccessLog(instance, output)
        for _ in range(2):
            log.write(route, method, status, seconds, request_id.encode())
        file.seek(0)
        written = file.read()
    lines = written.split(b"\n")
    assert len(lines) == 3
    assert lines.pop() == b""
    for line in lines:
        parsed = json.loads(line)
        assert parsed == json.loads(orjson.dumps(expected, option=orjson.OPT_UTC_Z))
        assert list(parsed) == list(expected)


def test_time_of_a_line_follows_the_clock_forward_and_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "log"
    times = [1700000000.0, 1700000000.0005, 1700000000.001, 1699999999.5, 1700000000.0]
    with path.open("wb") as file, closing(LogOutput(file.fileno())) as output:
        log = AccessLog("i", output)
        for now in times:
            monkeypatch.setattr(access_log, "time", lambda now=now: now)
            log.write("r", "GET", 200, 0.1, b"a")
    written = [json.loads(line)["timestamp"] for line in path.read_text().splitlines()]
    second = "2023-11-14T22:13:20"
    assert written == [f"{second}Z", f"{second}Z", f"{second}.001000Z", "2023-11-14T22:13:19.500000Z", f"{second}Z"]


@pytest.mark.parametrize("otherwise", [True, False])
@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"true", True), (b"false\n", False), (b" true ", True), (b"", None), (b"yes", None), (b"\xff\xfe", None), (None, None)],
)
def test_a_file_decides_if_it_says_so(tmp_path: Path, content: bytes | None, expected: bool | None, otherwise: bool) -> None:
    switch = tmp_path / "access-log"
    if content is not None:
        switch.write_bytes(content)
    assert is_wanted(switch, otherwise) is (otherwise if expected is None else expected)
    assert is_wanted(None, otherwise) is otherwise
