"""The members of a highly available instance, as each sidecar knows them: a file of a mounted ConfigMap.

A member is one Redis, the Sentinel beside it and its sidecar. The addresses are those that members announce to each other; they stay the
same for as long as the instance lives.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

MEMBERS_OF_HIGH_AVAILABILITY = 3
QUORUM = 2
"""How many Sentinels of three have to agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAddress:
    """Where the other members reach one."""

    name: str
    """Name of its pod, such as `my-cache-0`."""
    host: str
    """An IP address: Sentinel resolves names in its only thread."""
    redis_port: int
    sentinel_port: int


@dataclass(frozen=True, slots=True)
class Members:
    """All members of an instance, by ordinal."""

    all: tuple[MemberAddress, ...]
    founder: str | None = None
    """While an instance of one member becomes one of several: name of that member. Its data are the instance's, also when it has none, and
    no other member may be the primary: what the volumes of the others hold is older. Sentinels begin anew, whatever their files say."""
    promote: str | None = None
    """Name of the member that shall be the primary with the data that it has. Set while the primary is lost, because the owner said so."""

    @property
    def quorum(self) -> int:
        """How many Sentinels have to name a primary for it to be believed: one suffices for a member that is alone, or the founder."""
        return 1 if len(self.all) == 1 or self.founder is not None else QUORUM

    def __iter__(self) -> Iterator[MemberAddress]:
        return iter(self.all)

    def __getitem__(self, name: str) -> MemberAddress:
        """The member of this name.

        Raises:
            KeyError: There is none.
        """
        for member in self.all:
            if member.name == name:
                return member
        raise KeyError(name)

    def others(self, name: str) -> tuple[MemberAddress, ...]:
        """All members but the one of this name."""
        return tuple(member for member in self.all if member.name != name)

    def at(self, host: str, redis_port: int) -> MemberAddress | None:
        """The member whose Redis is at this address; None if there is none."""
        return next((member for member in self.all if (member.host, member.redis_port) == (host, redis_port)), None)


def dump(members: Sequence[MemberAddress], *, founder: str | None = None, promote: str | None = None) -> str:
    """The text of the file; for the names see `Members`."""
    decided = {name: value for name, value in (("founder", founder), ("promote", promote)) if value is not None}
    return json.dumps({"members": [asdict(member) for member in members], **decided}, indent=2) + "\n"


def load(text: str | bytes) -> Members:
    """The members in the text of the file.

    Raises:
        ValueError: It is not such a file.
    """
    try:
        fields = json.loads(text)
        members = tuple(MemberAddress(**member) for member in fields["members"])
        return Members(members, founder=fields.get("founder"), promote=fields.get("promote"))
    except (AttributeError, KeyError, RecursionError, TypeError) as error:
        raise ValueError(f"not a file of members: {error}") from None
