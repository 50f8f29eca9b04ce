"""What proves to the API server who a user is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

_PREFIX = "bearer "
_IMPERSONATE = "impersonate-"


@dataclass(frozen=True, slots=True)
class Credential:
    """The fields that each request of one user carries, as pairs of name and value.

    They are secret, so that they are not in its text. Client certificates of a kubeconfig are in the TLS context of the cluster's address
    instead, and the credential has no fields.
    """

    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def bearer(cls, token: str) -> Credential:
        """A bearer token."""
        return cls((("Authorization", f"Bearer {token}"),))


CredentialSource: TypeAlias = Callable[[], Awaitable[Credential]]
"""Where the credential of a user comes from, asked before each request: that of a kubeconfig may be renewed meanwhile."""


def always(credential: Credential) -> CredentialSource:
    """A source that has one credential."""

    async def source() -> Credential:
        return credential

    return source


def passed_through(headers: Iterable[tuple[str, str]]) -> Credential | None:
    """The credential that an authenticating proxy in front put into a request; None if there is none.

    That needs no trust in who sent it: it brings rights of its own only. `Impersonate-*` fields go with it, and never without it.

    Args:
        headers: fields of the request, in order and with repetitions.
    """
    fields = [(name, value.strip()) for name, value in headers]
    authorization = [pair for pair in fields if pair[0].lower() == "authorization" and pair[1].lower().startswith(_PREFIX)]
    if len(authorization) != 1:
        return None
    passed = (authorization[0], *(pair for pair in fields if pair[0].lower().startswith(_IMPERSONATE)))
    # No request could be made of controls and broken characters.
    return Credential(passed) if all(value.isprintable() for _, value in passed) else None
