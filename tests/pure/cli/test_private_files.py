"""What somebody else put into the data folder is neither used nor written through."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kuberedis_cli.errors import DataFolderError
from kuberedis_cli.local.data_folder import DEFAULT_DATA_FOLDER, InstanceFolder, instance_folder, locked, named_folder

KEY = "k" * 43

Attack = Callable[[Path, Path], None]
"""Puts something into the data folder, whose parent is there; the second folder is somewhere else."""


def link(name: str, target: str = "") -> Attack:
    def attack(data: Path, elsewhere: Path) -> None:
        private(data, "local/auth", "local/data")
        path = data / name
        if path.is_dir():
            shutil.rmtree(path)
        path.symlink_to(elsewhere / target)

    return attack


def private(data: Path, *folders: str) -> None:
    """Make folders as `kuberedis local` does."""
    for name in folders:
        for folder in reversed([data / name, *(data / name).parents]):
            if folder == data or data in folder.parents:
                folder.mkdir(mode=0o700, exist_ok=True)


def a_link_in_place_of_the_folder(data: Path, elsewhere: Path) -> None:
    data.symlink_to(elsewhere)


def a_key_as_git_writes_it(data: Path, _: Path) -> None:
    (data / "local/auth").mkdir(parents=True, mode=0o755)
    (data / "local/auth/api_key").write_text(KEY)


def a_key_that_others_can_read(data: Path, _: Path) -> None:
    private(data, "local/auth")
    (data / "local/auth/api_key").write_text(KEY)
    (data / "local/auth/api_key").chmod(0o644)


def data_as_git_writes_them(data: Path, _: Path) -> None:
    (data / "local/data").mkdir(parents=True)
    (data / "local/data").chmod(0o755)
    (data / "local/data/dump.rdb").write_text("crafted")


def a_fifo_for_a_key(data: Path, _: Path) -> None:
    private(data, "local/auth")
    os.mkfifo(data / "local/auth/api_key", 0o600)


def a_fifo_among_the_data(data: Path, _: Path) -> None:
    private(data, "local/data")
    os.mkfifo(data / "local/data/dump.rdb", 0o600)


def a_folder_that_others_can_write(data: Path, _: Path) -> None:
    data.mkdir()
    data.chmod(0o777)


ATTACKS = {
    attack.__name__: attack
    for attack in (
        a_link_in_place_of_the_folder,
        a_key_as_git_writes_it,
        a_key_that_others_can_read,
        data_as_git_writes_them,
        a_fifo_for_a_key,
        a_fifo_among_the_data,
        a_folder_that_others_can_write,
    )
} | {
    f"a link at {name}": link(name, target)
    for name, target in [
        ("lock", "victim"),
        ("local", ""),
        ("local/auth", ""),
        ("local/auth/api_key", "victim"),
        ("local/data", ""),
        ("local/data/dump.rdb", "victim"),
        ("local/data/appendonlydir", ""),
    ]
}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    (folder / "local/auth").mkdir(parents=True, mode=0o700)
    (folder / "victim").touch(mode=0o600)
    (folder / "victim").write_text(KEY)
    return folder


def content(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() if path.is_file() else "" for path in folder.rglob("*")}


def prepare(folder: InstanceFolder) -> None:
    """What local mode does before it starts an instance."""
    folder.prepare()
    folder.member(0).prepare()


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_what_was_not_made_by_local_mode_is_refused(attack: Attack, tmp_path: Path, elsewhere: Path) -> None:
    data = tmp_path / DEFAULT_DATA_FOLDER
    attack(data, elsewhere)
    before = content(elsewhere)
    with pytest.raises(DataFolderError, match="--data-dir"), locked(data):
        prepare(instance_folder(data, "local"))
    assert content(elsewhere) == before


@pytest.mark.parametrize("name", [".gitignore", "local/auth/.api_key.new"])
def test_nothing_is_written_through_a_link(name: str, tmp_path: Path, elsewhere: Path) -> None:
    data = tmp_path / DEFAULT_DATA_FOLDER
    link(name, "new")(data, elsewhere)
    before = content(elsewhere)
    with locked(data):
        instance_folder(data, "local").prepare()
    assert content(elsewhere) == before


@pytest.mark.parametrize("name", ["a_link_in_place_of_the_folder", "a_key_as_git_writes_it", "a link at local", "a link at local/auth"])
def test_no_token_is_signed_with_a_key_of_somebody_else(name: str, tmp_path: Path, elsewhere: Path) -> None:
    (elsewhere / "local/auth/api_key").touch(mode=0o600)
    (elsewhere / "local/auth/api_key").write_text(KEY)
    data = tmp_path / DEFAULT_DATA_FOLDER
    ATTACKS[name](data, elsewhere)
    with pytest.raises(DataFolderError, match="--data-dir"):
        instance_folder(data, "local").read_key()


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = instance_folder(tmp_path / "data", "local")
    with locked(tmp_path / "data"):
        folder.prepare()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(DataFolderError, match="belongs to another user"):
        folder.read_key()


def test_a_link_that_the_user_names_is_followed(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to("disk")
    assert named_folder(tmp_path / "link") == tmp_path / "disk"
    assert named_folder(None) == DEFAULT_DATA_FOLDER
