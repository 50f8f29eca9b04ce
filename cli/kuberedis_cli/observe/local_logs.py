"""`kuberedis logs` in local mode: the logs of the servers in the data folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from kuberedis_cli.errors import DataFolderError, LocalModeError
from kuberedis_cli.local.data_folder import instance_folder
from kuberedis_cli.local.private_files import open_file
from kuberedis_cli.local.running import known_instance
from kuberedis_cli.observe.log_lines import Line, lines_of
from kuberedis_core.members import MEMBERS_OF_HIGH_AVAILABILITY

_MAX_TAIL_BYTES = 8 * 1024 * 1024
_CONTAINERS = ("redis", "sentinel")


class LogFile(NamedTuple):
    """A log of a server."""

    source: str
    path: Path


def files_of(folder: Path, name: str, container: str | None) -> list[LogFile]:
    """The logs of the instance `name`, or those of one kind of server.

    Raises:
        LocalModeError: There are none; the text says where to look.
    """
    known_instance(folder, name)
    if container not in (None, *_CONTAINERS):
        raise LocalModeError(
            f"local mode has logs of {' and '.join(_CONTAINERS)}, not of {container}; the gateway is part of `kuberedis local`, which"
            " writes what goes wrong to its standard error"
        )
    members = [(f"{name}-{ordinal}", instance_folder(folder, name).member(ordinal)) for ordinal in range(MEMBERS_OF_HIGH_AVAILABILITY)]
    all_files = [
        LogFile(f"{member} {kind}", path)
        for member, paths in members
        for kind, path in zip(_CONTAINERS, (paths.log, paths.sentinel_log), strict=True)
    ]
    found = [file for file in all_files if file.path.exists() and container in (None, file.source.rpartition(" ")[2])]
    if not found:
        raise LocalModeError(f"{name} has no such log in {folder}: its server has not started there yet")
    return found


class Tail:
    """What is in a log and what is added to it.

    Args:
        file: The log.
        count: So many lines at first.
    """

    def __init__(self, file: LogFile, count: int) -> None:
        self._file = file
        self._count = count
        self._position: int | None = None

    def new(self) -> list[Line]:
        """The lines since the last call; at first the last ones. A file that became shorter begins anew.

        Raises:
            DataFolderError: It cannot be read.
        """
        try:
            with os.fdopen(open_file(self._file.path, os.O_RDONLY), "rb") as file:
                size = os.fstat(file.fileno()).st_size
                first = self._position is None
                start = max(size - _MAX_TAIL_BYTES, 0) if self._position is None or self._position > size else self._position
                file.seek(start)
                data = file.read(size - start)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise DataFolderError(f"{self._file.path} cannot be read: {error.strerror}") from None
        whole = data[: data.rfind(b"\n") + 1]
        self._position = start + len(whole)
        lines = [Line("", self._file.source, text) for text in lines_of([whole])]
        return lines[-self._count :] if first else lines


def last_lines(files: Sequence[LogFile], count: int) -> Iterator[Line]:
    """The last lines of each log, one log after the other."""
    for file in files:
        yield from Tail(file, count).new()


def following(files: Sequence[LogFile], count: int) -> Iterator[Line]:
    """The last lines of each log, and those that come, until the process ends."""
    from watchfiles import watch

    tails = [Tail(file, count) for file in files]
    for tail in tails:
        yield from tail.new()
    for _ in watch(*{file.path.parent for file in files}, recursive=False, yield_on_timeout=True, raise_interrupt=True, rust_timeout=1000):
        for tail in tails:
            yield from tail.new()
