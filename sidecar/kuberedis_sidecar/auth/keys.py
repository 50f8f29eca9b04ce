"""The instance's keys: files of a mounted Secret, read again when they change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MIN_LENGTH = 32

_CURRENT, _PREVIOUS = "api_key", "api_key_previous"


class UnusableKey(ValueError):
    """No usable key; the text names the file and never its content."""


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The keys that are valid now: the instance's own and, while it is rotated, the one before."""

    current: str
    previous: str | None = None

    @property
    def valid(self) -> tuple[str, ...]:
        """Every valid key, the current one first."""
        return (self.current,) if self.previous is None else (self.current, self.previous)


def read(directory: Path) -> Keys:
    """Read the keys.

    Args:
        directory: The mounted Secret, with the file ``api_key`` and, during a rotation, ``api_key_previous``.

    Raises:
        UnusableKey: There is no key, or it is too short to resist guessing.
    """
    current = _read(directory / _CURRENT)
    if current is None:
        raise UnusableKey(f"{directory / _CURRENT}: no such file; it holds the instance's key")
    return Keys(current, _read(directory / _PREVIOUS))


def _read(path: Path) -> str | None:
    try:
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableKey(f"{path}: cannot be read ({type(error).__name__})") from None
    if not text and path.name == _PREVIOUS:
        return None
    if len(text) < MIN_LENGTH or not text.isascii() or not text.isprintable() or " " in text:
        raise UnusableKey(f"{path}: a key is {MIN_LENGTH} or more printable ASCII characters without a space")
    return text
