"""Authentication: from a bearer to the grant that it carries.

A bearer is the instance's key or a JWT signed with it. A credential that was checked is remembered until it expires or the keys
change, in a bounded table, so that a request does not cost a signature and a million tokens do not fill the memory.
"""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass, field
from pathlib import Path

from kuberedis_core.credentials import Token
from kuberedis_core.logging import log
from kuberedis_sidecar.auth.acl import FULL, Grant
from kuberedis_sidecar.auth.keys import read_keys
from kuberedis_sidecar.auth.tokens import Terms, verify
from kuberedis_sidecar.errors import TokenError, Unauthorized, UnusableKey

_MAX_REMEMBERED = 4096
_MAX_TOKEN_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Credential:
    """A checked bearer, what it grants, and when it expires (seconds since the epoch)."""

    bearer: bytes = field(repr=False)
    grant: Grant
    expires_at: float


class Authenticator:
    """Checks the credentials of one instance.

    Args:
        instance: Name of the instance, the audience of its tokens.
        directory: Mounted Secret with the instance's keys.
        max_token_seconds: The longest that a token may be valid, from its signature on; None for any time.

    Raises:
        UnusableKey: There is no usable key.
    """

    def __init__(self, instance: str, directory: Path, max_token_seconds: int | None = None) -> None:
        self._instance = instance
        self._directory = directory
        self._max_token_seconds = max_token_seconds
        self._keys = read_keys(directory)
        self._problem = ""
        self._remembered: dict[bytes, Credential] = {}

    def is_valid(self, credential: Credential) -> bool:
        """Whether a credential that was accepted before would still be accepted."""
        return self.find(credential.bearer) is not None

    def reload(self) -> bool:
        """Read the files of the Secret again; True if they changed, so that a credential that was accepted may not be any more.

        When a key became unusable, that is logged and the last good one stays, together with the ids of revoked tokens.
        """
        try:
            current = read_keys(self._directory)
        except UnusableKey as error:
            if str(error) != self._problem:
                self._problem = str(error)
                log.error("key_unusable", instance=self._instance, reason=self._problem, consequence="the last good key stays valid")
            return False
        self._problem = ""
        if current == self._keys:
            return False
        before, self._keys = self._keys, current
        self._remembered.clear()
        if before.valid != current.valid:
            log.info("key_changed", instance=self._instance, previous_key_valid=current.previous is not None)
        if before.revoked != current.revoked:
            log.info("revoked_tokens_changed", instance=self._instance, revoked_tokens=len(current.revoked))
        return True

    def find(self, bearer: bytes | None) -> Credential | None:
        """The credential of a bearer, None if it is refused; `check` says why."""
        # What `_recall` does, without its frame: this is on the fast path.
        known = self._remembered.get(bearer)  # type: ignore[arg-type]
        if known is not None and known.expires_at > time.time():
            return known
        if not bearer:
            return None
        try:
            return self.check(bearer)
        except Unauthorized:
            return None

    def check(self, bearer: bytes) -> Credential:
        """The credential of a bearer.

        Raises:
            Unauthorized: It is neither a key nor a valid token of this instance.
        """
        known = self._recall(bearer)
        if known is not None:
            return known
        credential = self._check(bearer)
        if len(self._remembered) >= _MAX_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[bearer] = credential
        return credential

    def _recall(self, bearer: bytes | None) -> Credential | None:
        credential = self._remembered.get(bearer)  # type: ignore[arg-type]
        if credential is None or credential.expires_at > time.time():
            return credential
        return None

    def _check(self, bearer: bytes) -> Credential:
        valid = self._keys.valid
        # All comparisons always run, so that the time does not reveal which key matched.
        if sum(hmac.compare_digest(bearer, key.encode()) for key in valid):
            return Credential(bearer, FULL, float("inf"))
        if len(bearer) > _MAX_TOKEN_BYTES or bearer.count(b".") != 2:
            raise Unauthorized("it is neither the instance's key nor a token signed with it")
        reason = ""
        terms = Terms(self._max_token_seconds, self._keys.revoked)
        for key in valid:
            try:
                verified = verify(Token(bearer.decode("latin-1")), key, self._instance, terms)
            except TokenError as error:
                # The first reason counts: it is what the caller can fix.
                reason = reason or str(error)
                continue
            return Credential(bearer, verified.grant, verified.expires_at)
        raise Unauthorized(reason)
