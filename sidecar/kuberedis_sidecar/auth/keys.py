"""The instance's keys: files of a mounted Secret, read again when they change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kuberedis_core.credentials import KEY_FILE, PREVIOUS_KEY_FILE, InstanceKey, check_key
from kuberedis_sidecar.errors import UnusableKey


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The keys that are valid now: the instance's own and, during a rotation, the previous one."""

    current: InstanceKey
    previous: InstanceKey | None = None

    @property
    def valid(self) -> tuple[InstanceKey, ...]:
        """Every valid key, the current one first."""
        return (self.current,) if self.previous is None else (self.current, self.previous)


def read_keys(directory: Path) -> Keys:
    """Read the keys.

    Args:
        directory: Mounted Secret, with the file ``api_key`` and, during a rotation, ``api_key_previous``.

    Raises:
        UnusableKey: There is no key, or it is too short to resist guessing.
    """
    path = directory / KEY_FILE
    current = _read(path)
    if current is None:
        raise UnusableKey(f"{path}: no such file; it must contain the instance's key")
    return Keys(current, _read(directory / PREVIOUS_KEY_FILE))


def _read(path: Path) -> InstanceKey | None:
    try:
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableKey(f"{path}: cannot be read ({type(error).__name__})") from None
    if not text and path.name == PREVIOUS_KEY_FILE:
        return None
    try:
        return check_key(text)
    except ValueError as error:
        raise UnusableKey(f"{path}: {error}") from None
