"""From a bearer to what it may do.

A bearer is the instance's key or a JWT signed with it. What was checked once is remembered until it expires or the keys change, in a
bounded table, so that neither a signature a request nor a million tokens cost anything for long.
"""

from __future__ import annotations

import hmac
import time
from pathlib import Path
from typing import TYPE_CHECKING

from kuberedis_core.logging import log
from kuberedis_sidecar.auth import keys
from kuberedis_sidecar.auth.acl import FULL, Grant
from kuberedis_sidecar.auth.tokens import TokenError, verify

if TYPE_CHECKING:
    from kuberedis_sidecar.redis.shared_connection import Link

_MAX_REMEMBERED = 4096
_MAX_TOKEN_BYTES = 8192


class Unauthorized(Exception):
    """The bearer is refused; the text says why and holds nothing of it."""


class Credential:
    """A checked bearer: what it grants, until when (seconds since the epoch), and the link that serves it, once there is one."""

    __slots__ = ("bearer", "expires_at", "grant", "link")

    def __init__(self, bearer: bytes, grant: Grant, expires_at: float) -> None:
        self.bearer = bearer
        self.grant = grant
        self.expires_at = expires_at
        self.link: Link | None = None


class Credentials:
    """The credentials of one instance.

    Args:
        instance: Its name, the audience of its tokens.
        directory: The mounted Secret.

    Raises:
        UnusableKey: There is no usable key.
    """

    def __init__(self, instance: str, directory: Path) -> None:
        self._instance = instance
        self._directory = directory
        self._keys = keys.read(directory)
        self._problem = ""
        self._remembered: dict[bytes, Credential] = {}

    def still_valid(self, credential: Credential) -> bool:
        """Whether a credential that was checked before would be accepted now."""
        try:
            self.check(credential.bearer)
        except Unauthorized:
            return False
        return True

    def reload(self) -> bool:
        """Read the key files again; whether they changed. A key that became unusable is reported and the last good one stays."""
        try:
            current = keys.read(self._directory)
        except keys.UnusableKey as error:
            if str(error) != self._problem:
                self._problem = str(error)
                log.error("key_unusable", instance=self._instance, reason=self._problem, consequence="the last good key stays valid")
            return False
        self._problem = ""
        if current == self._keys:
            return False
        self._keys = current
        self._remembered.clear()
        log.info("key_changed", instance=self._instance, previous_key_valid=current.previous is not None)
        return True

    def remembered(self, bearer: bytes | None) -> Credential | None:
        """The credential if it was checked before and is valid still."""
        credential = self._remembered.get(bearer)  # type: ignore[arg-type]
        if credential is None or credential.expires_at > time.time():
            return credential
        return None

    def accepted(self, bearer: bytes | None) -> Credential | None:
        """The credential of a bearer, None for one that is refused; `check` says why."""
        known = self.remembered(bearer)
        if known is not None or not bearer:
            return known
        try:
            return self.check(bearer)
        except Unauthorized:
            return None

    def check(self, bearer: bytes) -> Credential:
        """Check a bearer.

        Raises:
            Unauthorized: It is neither a key nor a valid token of this instance.
        """
        known = self.remembered(bearer)
        if known is not None:
            return known
        credential = self._check(bearer)
        if len(self._remembered) >= _MAX_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[bearer] = credential
        return credential

    def _check(self, bearer: bytes) -> Credential:
        valid = self._keys.valid
        # Both comparisons always run, so that the time tells nothing of which key was meant.
        if sum(hmac.compare_digest(bearer, key.encode()) for key in valid):
            return Credential(bearer, FULL, float("inf"))
        if len(bearer) > _MAX_TOKEN_BYTES or bearer.count(b".") != 2:
            raise Unauthorized("it is neither the instance's key nor a token signed with it")
        reason = ""
        for key in valid:
            try:
                verified = verify(bearer.decode("latin-1"), key, self._instance)
            except TokenError as error:
                # What is wrong beside the signature is what the caller can mend.
                reason = reason or str(error)
                continue
            return Credential(bearer, verified.grant, verified.expires_at)
        raise Unauthorized(reason)
