"""The data folder of local mode: one folder per instance, with its key, its data and its server's log.

- `.kuberedis/lock` is held by the running `kuberedis local` and by its servers.
- `.kuberedis/NAME/auth/api_key` is the instance key, readable by its owner only; beside it are the ids of revoked tokens, and the longest
  that a token may be valid.
- `.kuberedis/NAME/data/` has Redis' files.
- `.kuberedis/NAME/redis.conf` is the configuration of the server's last start.
- `.kuberedis/NAME/valkey.log` is the log of the server since the last start of the command.
- `.kuberedis/NAME/member-1/` and `member-2/` have the same of the second and the third member.
- `.kuberedis/NAME/members.json` says where the members are; `primary`, which of them was the primary last.
- `.kuberedis/control` says where the running `kuberedis local` takes requests of other commands.

The folder lies where the command is run, which may be a checkout of somebody else's repository; so what is in it already is checked by
`private_files` before it is used.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kuberedis_cli.errors import DataFolderError
from kuberedis_cli.local.private_files import check_folder, check_tree, make_folder, open_file, read_private, write_private
from kuberedis_core.crd.names import check_name
from kuberedis_core.credentials import KEY_FILE, REVOKED_FILE, InstanceKey, new_key

DEFAULT_DATA_FOLDER = Path(".kuberedis")

_CONTROL = "control"

LEFTOVER_SECONDS = 10.0
"""Time for the servers of a killed `kuberedis local` to write their data out and end."""


@dataclass(frozen=True)
class MemberFolder:
    """The part that belongs to one member of an instance."""

    path: Path

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def log(self) -> Path:
        return self.path / "valkey.log"

    @property
    def configuration(self) -> Path:
        return self.path / "redis.conf"

    @property
    def sentinel_log(self) -> Path:
        return self.path / "sentinel.log"

    @property
    def sentinel_configuration(self) -> Path:
        return self.path / "sentinel.conf"

    def prepare(self) -> None:
        """Make the folders.

        Raises:
            DataFolderError: Something in them was not made by this user.
            OSError: They cannot be written.
        """
        make_folder(self.path, private=False)
        make_folder(self.data, private=True)
        check_tree(self.data)


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
    def members_file(self) -> Path:
        return self.path / "members.json"

    @property
    def primary_file(self) -> Path:
        return self.path / "primary"

    def member(self, ordinal: int) -> MemberFolder:
        """The part of one member. The first one's is that of an instance with one member, so that a second and a third find its data."""
        return MemberFolder(self.path / f"member-{ordinal}" if ordinal else self.path)

    @property
    def revoked_file(self) -> Path:
        return self.auth / REVOKED_FILE

    @property
    def _limit_file(self) -> Path:
        return self.auth / "max_token_seconds"

    def prepare(self) -> InstanceKey:
        """Make the folder and, if there is none yet, the key.

        Returns:
            The key.

        Raises:
            DataFolderError: Something in the folder was not made by this user.
            OSError: It cannot be written.
        """
        make_folder(self.path, private=False)
        make_folder(self.auth, private=True)
        if not os.path.lexists(self.key_file):
            write_private(self.key_file, new_key() + "\n")
        return self.read_key()

    def read_key(self) -> InstanceKey:
        """The key.

        Raises:
            DataFolderError: The file was not made by this user.
            OSError: It cannot be read; `FileNotFoundError` if there is none.
        """
        for folder in (self.path.parent, self.path):
            check_folder(folder, private=False)
        check_folder(self.auth, private=True)
        return InstanceKey(read_private(self.key_file).strip())

    def read_revoked(self) -> str:
        """The ids of revoked tokens, as `kuberedis_core.revocations` reads them; raises as `read_key`."""
        return read_private(self.revoked_file) if os.path.lexists(self.revoked_file) else ""

    def read_max_token_seconds(self) -> int | None:
        """The longest that a token may be valid, None for any time; raises as `read_key`."""
        text = read_private(self._limit_file) if os.path.lexists(self._limit_file) else ""
        return int(text) if text.strip().isdecimal() else None

    def write_max_token_seconds(self, seconds: int | None) -> None:
        """Keep the longest that a token may be valid, for whoever signs one."""
        if seconds != self.read_max_token_seconds():
            write_private(self._limit_file, "" if seconds is None else f"{seconds}\n")


def named_folder(option: Path | None) -> Path:
    """The data folder that the option --data-dir names; a link that somebody wrote there is meant to be followed."""
    if option is None:
        return DEFAULT_DATA_FOLDER
    return option.resolve() if option.is_symlink() else option


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


def write_control(data_folder: Path, socket: Path) -> None:
    """Say where the running `kuberedis local` listens for other commands."""
    write_private(data_folder / _CONTROL, f"{socket}\n")


def read_control(data_folder: Path) -> Path:
    """Where it listens, or did so.

    Raises:
        DataFolderError: The file was not made by this user.
        OSError: It cannot be read; `FileNotFoundError` if there is none.
    """
    check_folder(data_folder, private=False)
    return Path(read_private(data_folder / _CONTROL).strip())


@contextmanager
def locked(data_folder: Path) -> Iterator[int]:
    """Lock the data folder, made when it is missing, against any other `kuberedis local`.

    Yields the lock's file descriptor. A server that inherits it holds the lock too, so that a new run never starts a
    second server on files that the last one, of a run that was killed, is still writing.

    Raises:
        DataFolderError: Another process holds the lock, or the folder cannot be made or is somebody else's.
    """
    try:
        _make(data_folder)
        descriptor = open_file(data_folder / "lock", os.O_RDWR | os.O_CREAT)
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
    try:
        make_folder(data_folder, private=False)
    except FileNotFoundError:
        data_folder.parent.mkdir(parents=True)
        make_folder(data_folder, private=False)
    ignore = data_folder / ".gitignore"
    if not os.path.lexists(ignore):
        write_private(ignore, "# keys and data of local Redis instances\n*\n")


def _acquire(descriptor: int, data_folder: Path) -> None:
    deadline = time.monotonic() + LEFTOVER_SECONDS
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _process_id(os.pread(descriptor, 20, 0))
            if time.monotonic() > deadline or _alive(holder):
                raise DataFolderError(
                    f"data folder {data_folder} is in use by another `kuberedis local` (process {holder});"
                    " stop that one, or choose another folder with --data-dir"
                ) from None
        time.sleep(0.05)


def _process_id(text: bytes) -> int:
    return int(text) if text.isdigit() else 0


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
