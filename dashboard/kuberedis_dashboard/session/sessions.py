"""The sessions of people who signed in: who has which cookie.

A credential is in the memory of this process and nowhere else, so that a restart signs everybody out. The cookie is a random id of 256
bits, of which only a hash is kept: what an attacker reads of this process' memory later opens no session.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from kuberedis_dashboard.kube.client import User
from kuberedis_dashboard.kube.credential import CredentialSource

IDLE_SECONDS = 30 * 60
LONGEST_SECONDS = 12 * 3600
MOST_SESSIONS = 10_000
_ID_BYTES = 32


@dataclass(slots=True, eq=False)
class Session:
    """One person, signed in."""

    user: User
    credential: CredentialSource
    began: float
    used: float
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once nobody is signed in any more, for the streams that are open."""


class Sessions:
    """The sessions of this process.

    Args:
        clock: seconds that only grow.
        idle_seconds: how long a session lasts in which nobody does anything.
    """

    def __init__(self, clock: Callable[[], float] = monotonic, idle_seconds: float = IDLE_SECONDS) -> None:
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._sessions: dict[bytes, Session] = {}

    def begin(self, user: User, credential: CredentialSource) -> str:
        """Begin a session. Returns its id, the value of the cookie."""
        self._drop_ended()
        while len(self._sessions) >= MOST_SESSIONS:
            self._end(min(self._sessions, key=lambda key: self._sessions[key].used))
        now = self._clock()
        identity = secrets.token_urlsafe(_ID_BYTES)
        self._sessions[_key(identity)] = Session(user, credential, now, now)
        return identity

    def find(self, identity: str, *, in_use: bool = True) -> Session | None:
        """The session with this id; None if there is none or it is over.

        Args:
            identity: value of the cookie.
            in_use: the request shows that somebody is there, so that the session is not idle. An open page that keeps itself up to date
                does not show that.
        """
        key = _key(identity)
        session = self._sessions.get(key)
        if session is None:
            return None
        if self.is_over(session):
            self._end(key)
            return None
        if in_use:
            session.used = self._clock()
        return session

    def end(self, identity: str) -> None:
        """End a session; without effect if there is none."""
        self._end(_key(identity))

    def is_over(self, session: Session) -> bool:
        """Whether a session has ended, was idle for too long, or lasted too long."""
        now = self._clock()
        return session.ended.is_set() or now - session.used > self._idle_seconds or now - session.began > LONGEST_SECONDS

    def _end(self, key: bytes) -> None:
        session = self._sessions.pop(key, None)
        if session is not None:
            session.ended.set()

    def _drop_ended(self) -> None:
        for key in [key for key, session in self._sessions.items() if self.is_over(session)]:
            self._end(key)


def _key(identity: str) -> bytes:
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).digest()
