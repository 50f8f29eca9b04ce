"""Files and folders that nobody but this user made: what a checkout of somebody else's repository brings is not used.

A symbolic link is followed nowhere, and a key or data that others can read were not made by `kuberedis local`: git, archives and copies
make files with the permissions of the umask. Nothing here knows what the files contain.
"""

import os
import stat
from pathlib import Path

from kuberedis_cli.errors import DataFolderError

_WRITABLE = 0o002
_PRIVATE = 0o077
_KEEP = "remove it if it is not yours, or choose another folder with --data-dir"


def make_folder(path: Path, *, private: bool) -> None:
    """Make a folder for this user alone, unless it is there; its parent is.

    Args:
        path: Folder.
        private: Whether one that others can read is refused.

    Raises:
        DataFolderError: What is there is not this user's folder.
        OSError: It cannot be made.
    """
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        check_folder(path, private=private)


def check_folder(path: Path, *, private: bool) -> None:
    """Check that a folder is this user's own.

    Raises:
        DataFolderError: It is not, or is no folder.
        OSError: It cannot be read.
    """
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise DataFolderError(f"{path} is {_kind(found.st_mode)}, not a folder that `kuberedis local` made; {_KEEP}")
    _check_owner(path, found, _PRIVATE if private else _WRITABLE)


def check_tree(path: Path) -> None:
    """Check that a private folder holds nothing but folders and files of this user, however deep, for a program that follows links.

    Raises:
        DataFolderError: It holds something else.
        OSError: It cannot be read.
    """
    for inside in path.iterdir():
        found = inside.lstat()
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
            raise DataFolderError(f"{inside} is {_kind(found.st_mode)}, which `kuberedis local` never makes; {_KEEP}")
        _check_owner(inside, found)
        if stat.S_ISDIR(found.st_mode):
            check_tree(inside)


def open_file(path: Path, flags: int) -> int:
    """A descriptor of a file of this user, which with `os.O_CREAT` is made for this user alone.

    Raises:
        DataFolderError: What is there is not this user's file.
        OSError: It cannot be opened.
    """
    try:
        # Without blocking, in case that somebody put a FIFO there.
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError:
        if path.is_symlink():
            raise DataFolderError(f"{path} is a symbolic link, which `kuberedis local` does not follow; {_KEEP}") from None
        raise
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise DataFolderError(f"{path} is {_kind(found.st_mode)}, not a file that `kuberedis local` made; {_KEEP}")
        _check_owner(path, found, _WRITABLE)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_private(path: Path) -> str:
    """The text of a file that this user alone can read.

    Raises:
        DataFolderError: It is not such a file, or holds no text.
        OSError: It cannot be read.
    """
    with os.fdopen(open_file(path, os.O_RDONLY), "rb") as file:
        _check_owner(path, os.fstat(file.fileno()), _PRIVATE)
        content = file.read()
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise DataFolderError(f"{path} is not text; {_KEEP}") from None


def write_private(path: Path, text: str) -> None:
    """Replace a file, in one step, by one that this user alone can read.

    Raises:
        OSError: It cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    unfinished.rename(path)


def _check_owner(path: Path, found: os.stat_result, refused: int = 0) -> None:
    if found.st_uid != os.geteuid():
        raise DataFolderError(f"{path} belongs to another user (uid {found.st_uid}), so `kuberedis local` did not make it; {_KEEP}")
    if stat.S_IMODE(found.st_mode) & refused:
        what = "readable" if refused == _PRIVATE else "writable"
        hint = "chmod go-rwx" if refused == _PRIVATE else "chmod o-w"
        raise DataFolderError(
            f"{path} is {what} by others (mode {stat.S_IMODE(found.st_mode):03o}), so `kuberedis local` did not make it; {_KEEP}."
            f" If you copied it yourself: {hint} {path}"
        )


def _kind(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    return "a file" if stat.S_ISREG(mode) else "a folder" if stat.S_ISDIR(mode) else "neither a file nor a folder"
