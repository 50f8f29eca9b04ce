"""The file that turns the access log on and off."""

from pathlib import Path

import pytest

from kuberedis_sidecar.telemetry.access_log import is_wanted


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
