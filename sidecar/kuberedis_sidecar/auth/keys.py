"""The instance's keys and the ids of revoked tokens: files of a mounted Secret, read again when they change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kuberedis_core.credentials import KEY_FILE, PREVIOUS_KEY_FILE, REVOKED_FILE, InstanceKey, check_key
from kuberedis_core.revocations import read_revocations
from kuberedis_sidecar.errors import UnusableKey


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The keys that are valid now: the instance's own and, during a rotation, the previous one; and the tokens that are not."""

    current: InstanceKey
    previous: InstanceKey | None = None
    revoked: frozenset[str] = frozenset()
    """Ids of tokens."""

    @property
    def valid(self) -> tuple[InstanceKey, ...]:
        """Every valid key, the current one first."""
        return (self.current,) if self.previous is None else (self.current, self.previous)


def read_keys(directory: Path) -> Keys:
    """Read the keys.

    Args:
        directory: Mounted Secret, with the file ``api_key``; during a rotation, ``api_key_previous``; if tokens were revoked,
            ``revoked_jti``.

    Raises:
        UnusableKey: There is no key, or it is too short to resist guessing.
    """
    path = directory / KEY_FILE
    current = _read_key(path)
    if current is None:
        raise UnusableKey(f"{path}: no such file; it must contain the instance's key")
    revoked = _read(directory / REVOKED_FILE) or b""
    return Keys(current, _read_key(directory / PREVIOUS_KEY_FILE), _revoked_ids(revoked))


# The file is read every second, and may be long.
@lru_cache(maxsize=16)
def _revoked_ids(content: bytes) -> frozenset[str]:
    return frozenset(read_revocations(content.decode(errors="replace")))


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnusableKey(f"{path}: cannot be read ({type(error).__name__})") from None


def _read_key(path: Path) -> InstanceKey | None:
    content = _read(path)
    if content is None:
        return None
    try:
        text = content.decode().rstrip("\r\n")
        return check_key(text) if text or path.name != PREVIOUS_KEY_FILE else None
    except UnicodeDecodeError:
        raise UnusableKey(f"{path}: a key is text") from None
    except ValueError as error:
        raise UnusableKey(f"{path}: {error}") from None
