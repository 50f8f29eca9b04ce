"""What every way to a sidecar has in common: one request, one answer, both bounded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from kuberedis_core.crd.names import NamespacedName, check_name
from kuberedis_core.crd.text_rules import namespace
from kuberedis_core.members import MEMBERS_OF_HIGH_AVAILABILITY
from kuberedis_dashboard.errors import NotFound

MOST_BYTES = 4 * 2**20
"""Bytes of an answer, unless the caller takes more."""
SECONDS = 10.0
"""How long an answer may take, unless the caller says otherwise."""

_TARGET = re.compile(r"/[!-~]*")


class Call(NamedTuple):
    """A request to a sidecar."""

    path: str
    """The target as it is sent: percent-encoded, with its query."""
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    most_bytes: int = MOST_BYTES
    """Bytes of the answer's body."""
    seconds: float = SECONDS
    """How long the answer may take, its last byte included."""


class Answer(NamedTuple):
    """What a sidecar answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Gateways(Protocol):
    """A way to the sidecars."""

    async def fetch(self, instance: NamespacedName, call: Call, member: int | None = None) -> Answer:
        """Send a request to an instance.

        Args:
            instance: The instance; its user has shown that they may see it.
            call: The request.
            member: Ordinal of the member whose sidecar shall answer; None for any that serves.

        Raises:
            NotFound: No instance can have that name.
            Unavailable: There is no answer, or it is larger than `call.most_bytes`.
        """
        ...

    async def close(self) -> None:
        """Close all connections, and end what was started for them."""
        ...


def check(instance: NamespacedName, call: Call, member: int | None) -> None:
    """Return if an address can be made of this.

    Raises:
        NotFound: No instance can have that name.
        ValueError: The target of the call is none.
    """
    try:
        namespace(instance.namespace)
        check_name(instance.name)
    except ValueError as error:
        raise NotFound(f"no instance can be called that: {error}", "Choose one from the list of instances.") from None
    if member is not None and not 0 <= member < MEMBERS_OF_HIGH_AVAILABILITY:
        raise NotFound(f"no instance has a member {member}", "Choose one from the page of the instance.")
    if not _TARGET.fullmatch(call.path):
        raise ValueError(f"{call.path!r} is not the target of a request")
