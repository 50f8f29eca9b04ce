"""The data folder of local mode: one folder per instance, with its key, its data and its server's log.

- `.kuberedis/lock` is held by the running `kuberedis local` and by its servers.
- `.kuberedis/NAME/auth/api_key` is the instance key, readable by its owner only.
- `.kuberedis/NAME/data/` has Redis' files.
- `.kuberedis/NAME/redis.conf` is the configuration of the server's last start.
- `.kuberedis/NAME/valkey.log` is the log of the server since the last start of the command.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kuberedis_cli.errors import DataFolderError
from kuberedis_core.crd.names import check_name
from kuberedis_core.credentials import KEY_FILE, InstanceKey, new_key

DEFAULT_DATA_FOLDER = Path(".kuberedis")

LEFTOVER_SECONDS = 10.0
"""Time for the servers of a killed `kuberedis local` to write their data out and end."""


@dataclass(frozen=True)
class InstanceFolder:
    """The part of the data folder that belongs to one instance."""

    path: Path

    @property
    def auth(self) -> Path:
        return self.path / "auth"

    @property
    def key_file(self) -> Path:
        return self.auth / KEY_FILE

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def log(self) -> Path:
        return self.path / "valkey.log"

    @property
    def configuration(self) -> Path:
        return self.path / "redis.conf"

    def prepare(self) -> InstanceKey:
        """Make the folders and, if there is none yet, the key.

        Returns:
            The key.
        """
        for folder in (self.auth, self.data):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.key_file.exists():
            unfinished = self.auth / f".{KEY_FILE}.new"
            unfinished.unlink(missing_ok=True)
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(new_key() + "\n")
            unfinished.rename(self.key_file)
        return InstanceKey(self.key_file.read_text(encoding="utf-8").strip())


def instance_folder(data_folder: Path, name: str) -> InstanceFolder:
    """The folder of the instance `name`. Nothing is made or read.

    Raises:
        DataFolderError: No instance can have that name, so it might lead out of the data folder.
    """
    try:
        return InstanceFolder(data_folder / check_name(name))
    except ValueError as error:
        raise DataFolderError(str(error)) from None


def instances_with_keys(data_folder: Path) -> list[str]:
    """Names of the instances that have a key in the data folder, in order."""
    return sorted(key.parent.parent.name for key in data_folder.glob("*/auth/api_key"))


@contextmanager
def locked(data_folder: Path) -> Iterator[int]:
    """Lock the data folder, made when it is missing, against any other `kuberedis local`.

    Yields the lock's file descriptor. A server that inherits it holds the lock too, so that a new run never starts a
    second server on files that the last one, of a run that was killed, is still writing.

    Raises:
        DataFolderError: Another process holds the lock, or the folder cannot be made.
    """
    try:
        _make(data_folder)
        descriptor = os.open(data_folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DataFolderError(f"data folder {data_folder} cannot be used: {error.strerror}; choose another with --data-dir") from None
    try:
        _acquire(descriptor, data_folder)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _make(data_folder: Path) -> None:
    data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignore = data_folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("# keys and data of local Redis instances\n*\n")


def _acquire(descriptor: int, data_folder: Path) -> None:
    deadline = time.monotonic() + LEFTOVER_SECONDS
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = int(os.pread(descriptor, 20, 0) or 0)
            if time.monotonic() > deadline or _alive(holder):
                raise DataFolderError(
                    f"data folder {data_folder} is in use by another `kuberedis local` (process {holder});"
                    " stop that one, or choose another folder with --data-dir"
                ) from None
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
