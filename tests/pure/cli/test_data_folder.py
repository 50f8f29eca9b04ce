"""The files of an instance in local mode: where they are, and which of them Redis starts from."""

import os
import stat
from pathlib import Path

import pytest

from kuberedis_cli.errors import DataFolderError
from kuberedis_cli.local.data_folder import instance_folder, instances_with_keys
from kuberedis_cli.local.newest_data import settings_to_load
from kuberedis_core.credentials import check_key


@pytest.mark.parametrize("name", ["", "../cache", "a/b", ".", "Cache", "9lives", "a" * 51])
def test_a_name_that_no_instance_has_leads_nowhere(name: str) -> None:
    with pytest.raises(DataFolderError, match="; write "):
        instance_folder(Path("data"), name)


def test_a_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    folder = instance_folder(tmp_path, "cache")
    assert instances_with_keys(tmp_path) == []
    key = folder.prepare()
    assert check_key(key) == key
    assert folder.prepare() == key
    assert stat.S_IMODE(folder.key_file.stat().st_mode) == 0o600
    assert instances_with_keys(tmp_path) == ["cache"]


def write(folder: Path, **seconds: int) -> None:
    """Write files that were changed at those times."""
    names = {"snapshot": "dump.rdb", "index": "appendonlydir/appendonly.aof.manifest", "part": "appendonlydir/appendonly.aof.1.incr.aof"}
    for name, at in seconds.items():
        file = folder / names[name]
        file.parent.mkdir(exist_ok=True)
        file.write_text("file appendonly.aof.1.incr.aof seq 1 type i\n" if name == "index" else "")
        os.utime(file, (at, at))


@pytest.mark.parametrize(
    ("files", "loaded"),
    [
        ({}, {}),
        ({"snapshot": 1}, {"appendonly": "no", "dbfilename": "dump.rdb"}),
        ({"index": 1, "part": 1}, {"appendonly": "yes"}),
        ({"index": 1, "part": 3, "snapshot": 2}, {"appendonly": "yes"}),
        ({"index": 3, "part": 1, "snapshot": 2}, {"appendonly": "yes"}),
        ({"index": 1, "part": 1, "snapshot": 2}, {"appendonly": "no", "dbfilename": "dump.rdb"}),
        ({"index": 1, "snapshot": 2}, {"appendonly": "no", "dbfilename": "dump.rdb"}),
    ],
)
def test_redis_starts_from_the_newest_data(files: dict[str, int], loaded: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path, **files)
    assert settings_to_load(tmp_path, "aof") == settings_to_load(tmp_path, "rdb") == loaded
    assert settings_to_load(tmp_path, "none") == {}
