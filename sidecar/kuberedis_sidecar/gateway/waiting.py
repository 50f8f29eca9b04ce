"""What waits on behalf of credentials, event streams and blocking commands: each is ended when its credential is not valid any more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kuberedis_sidecar.auth.authenticator import Authenticator, Credential
from kuberedis_sidecar.errors import Unauthorized

REVOKED = "the credential was revoked"
EXPIRED = "the token has expired"

# The wall clock may be set back or forward meanwhile, so a wait for an expiry is never longer than this.
_LONGEST_SECONDS = 60.0


class _Wait:
    """One that waits."""

    __slots__ = ("credential", "end", "timer")

    def __init__(self, credential: Credential, end: Callable[[str], None]) -> None:
        self.credential = credential
        self.end = end
        self.timer: asyncio.TimerHandle | None = None


class Waiting:
    """All that waits in one instance.

    Args:
        authenticator: Knows which credentials are valid.
    """

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        self._waits: set[_Wait] = set()

    def is_valid(self, credential: Credential) -> bool:
        """Whether a credential that was accepted before is still valid."""
        return self._authenticator.is_valid(credential)

    def check(self, credential: Credential) -> None:
        """Nothing, if a credential that was accepted before is still valid.

        Raises:
            Unauthorized: It is not.
        """
        if not self._authenticator.is_valid(credential):
            raise Unauthorized(_why(credential))

    def refusal(self, credential: Credential) -> Unauthorized | None:
        """Why a credential that was accepted before is not valid any more; None if it is."""
        return None if self._authenticator.is_valid(credential) else Unauthorized(_why(credential))

    @contextmanager
    def watched(self, credential: Credential, end: Callable[[str], None]) -> Iterator[None]:
        """Call `end`, with a reason for people, when `credential` expires or is revoked in this context.

        Raises:
            Unauthorized: It is not valid as it is.
        """
        self.check(credential)
        wait = _Wait(credential, end)
        self._waits.add(wait)
        self._watch_expiry(wait)
        try:
            yield
        finally:
            self._forget(wait)

    def end_revoked(self) -> None:
        """End what waits for a credential that is not valid any more; to be called after the keys or the revocations changed."""
        for wait in list(self._waits):
            if not self._authenticator.is_valid(wait.credential):
                self._end(wait)

    def _watch_expiry(self, wait: _Wait) -> None:
        left = wait.credential.expires_at - time.time()
        if left <= 0:
            self._end(wait)
        elif left != float("inf"):
            loop = asyncio.get_running_loop()
            wait.timer = loop.call_later(min(left, _LONGEST_SECONDS), self._watch_expiry, wait)

    def _end(self, wait: _Wait) -> None:
        self._forget(wait)
        wait.end(_why(wait.credential))

    def _forget(self, wait: _Wait) -> None:
        self._waits.discard(wait)
        if wait.timer is not None:
            wait.timer.cancel()


def _why(credential: Credential) -> str:
    return EXPIRED if credential.expires_at <= time.time() else REVOKED
