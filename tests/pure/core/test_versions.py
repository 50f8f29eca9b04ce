"""Versions of Redis and Valkey."""

import pytest

from kuberedis_core.crd.versions import check_version


@pytest.mark.parametrize(
    "version", ["7", "7.2", "7.2.5", "7.10", "8", "8.0", "8.2.1", "10.0", "12345", "valkey-7.2", "valkey-8", "valkey-9.1.2"]
)
def test_a_version_that_can_be_run_is_taken(version: str) -> None:
    assert check_version(version) == version


@pytest.mark.parametrize(
    ("version", "advice"),
    [
        ("6", "too old; write 7.2 or newer"),
        ("7.0.15", "too old; write 7.2 or newer"),
        ("0", "too old; write 7.2 or newer"),
        ("valkey-7.1", "too old; write valkey-7.2 or newer"),
        *[
            (version, "is not a version; write for example 8, 7.2 or valkey-8")
            for version in ("latest", "", "8.", ".8", "8.2.1.0", "v8", "redis-8", "08", "7.02", "123456", "8 ", "8\n", "\uff18")
        ],
    ],
)
def test_another_is_refused_with_what_to_write(version: str, advice: str) -> None:
    with pytest.raises(ValueError, match=advice):
        check_version(version)
