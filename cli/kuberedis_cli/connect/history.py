"""The lines that were typed into `kuberedis cli`, for the next time: in a file that only the user can read, without secrets."""

from __future__ import annotations

import os
from pathlib import Path

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

_MAX_BYTES = 1024 * 1024
_ENTRY = b"\n# "
_SECRET = ("AUTH", "HELLO", "MIGRATE", "ACL SETUSER", "CONFIG SET")
"""Commands whose arguments may be passwords."""


def history_file() -> Path:
    """Where the lines are kept, by https://specifications.freedesktop.org/basedir-spec/."""
    state = os.environ.get("XDG_STATE_HOME", "")
    folder = Path(state) if Path(state).is_absolute() else Path.home() / ".local/state"
    return folder / "kuberedis" / "cli_history"


def is_kept(line: str, credential: str) -> bool:
    """Whether a line is kept: not if it has the credential in it, may have a password, or begins with a space."""
    words = " ".join(line.upper().split()[:2])
    return not line.startswith(" ") and credential not in line and not any(f"{words} ".startswith(f"{name} ") for name in _SECRET)


def open_history(path: Path, credential: str) -> History:
    """The lines of before, to which new ones are added; in memory only if the file cannot be used."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+b") as file:
            os.fchmod(file.fileno(), 0o600)
            _shorten(file.fileno())
    except OSError:
        return InMemoryHistory()
    return _WithoutSecrets(path, credential)


def _shorten(descriptor: int) -> None:
    """Drop the older half of a file that has grown too long."""
    size = os.fstat(descriptor).st_size
    if size <= _MAX_BYTES:
        return
    kept = os.pread(descriptor, _MAX_BYTES // 2, size - _MAX_BYTES // 2)
    _, mark, rest = kept.partition(_ENTRY)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, mark + rest, 0)


class _WithoutSecrets(FileHistory):
    def __init__(self, path: Path, credential: str) -> None:
        super().__init__(str(path))
        self._credential = credential

    def store_string(self, string: str) -> None:
        if is_kept(string, self._credential):
            super().store_string(string)
