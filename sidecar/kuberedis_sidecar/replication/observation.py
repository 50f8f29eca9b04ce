"""What a member sees of all members: replies of Redis and Sentinel, read into values. Pure; replies are not to be trusted.

A reply that does not fit is as good as none, since whoever sent it cannot be relied on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from kuberedis_core.members import MemberAddress, Members
from kuberedis_core.redis_info import parse_info

Address = tuple[str, int]

QUARANTINE: Address = ("127.0.0.1", 1)
"""Where a Redis that has just started looks for its primary: nowhere."""

_NO_HISTORY = "0" * 40
_DOWN = frozenset({"s_down", "o_down", "disconnected"})


class UnexpectedReply(ValueError):
    """A reply is not what the command replies with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeInfo:
    """One Redis, as INFO replication and DBSIZE tell (https://redis.io/docs/latest/commands/info/)."""

    role: Literal["primary", "replica"]
    replid: str
    """Id of the history of writes that it has."""
    replid2: str = _NO_HISTORY
    """Id of the history that it went on from when it was promoted."""
    second_offset: int = -1
    """Where in that history it did."""
    offset: int = 0
    """Its replication offset, in bytes."""
    keys: int | None = None
    """Number of keys; None while it loads."""
    follows: Address | None = None
    """Announced address of the primary of a replica."""
    link_up: bool = False
    """The link of a replica to it is up."""
    syncing: bool = False
    """A replica is receiving a full copy."""
    was_linked: bool = False
    """The link has been up, since the replica was told whom to follow."""
    eligible: bool = False
    """The priority of a replica is not 0, so that Sentinel may promote it."""

    @property
    def quarantined(self) -> bool:
        """It has not been told yet whom to follow."""
        return self.role == "replica" and self.follows == QUARANTINE

    @property
    def in_sync(self) -> bool:
        """It follows its primary now, with a complete copy."""
        return self.role == "replica" and self.link_up and not self.syncing

    @property
    def has_copy(self) -> bool:
        """A replica has had a complete copy of what its primary has, since it was told whom to follow."""
        return not self.syncing and (self.link_up or self.was_linked)

    @property
    def fresh(self) -> bool:
        """A replica has what its primary had, up to the end of their link, and may be promoted."""
        return self.eligible and self.has_copy

    def descends_from(self, other: NodeInfo) -> bool:
        """It was promoted out of the history that the other one has."""
        return self.replid2 == other.replid != _NO_HISTORY


@dataclass(frozen=True, slots=True, kw_only=True)
class SentinelView:
    """What one Sentinel says of the primary (SENTINEL MASTER)."""

    primary: Address
    epoch: int = 0
    """Epoch of its configuration, which every failover raises."""
    flags: frozenset[str] = frozenset({"master"})

    @property
    def calm(self) -> bool:
        """It has nothing against the primary, and no failover is on its way."""
        return self.flags == {"master"}

    @property
    def failing_over(self) -> bool:
        """It is having another one promoted."""
        return "failover_in_progress" in self.flags

    @property
    def down(self) -> bool:
        """It takes the primary for down."""
        return not {"s_down", "o_down"}.isdisjoint(self.flags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one member saw in one poll, by names of members, and what it remembers."""

    me: str
    """Name of the member that looks."""
    members: Members
    nodes: Mapping[str, NodeInfo] = field(default_factory=dict)
    """Each Redis that answered, the own one included."""
    gone: frozenset[str] = frozenset()
    """Members at whose Redis' address nobody listens: no process, in contrast to one that does not answer."""
    sentinels: Mapping[str, SentinelView] = field(default_factory=dict)
    """Each Sentinel that answered."""
    stable_seconds: float = 0.0
    """How long the own Redis has had its role, the primary that it follows, and the primary that Sentinels name."""
    forced_seconds: float = float("inf")
    """How long ago this member last had Sentinel fail over."""

    @property
    def own(self) -> NodeInfo | None:
        """The own Redis; None if it did not answer."""
        return self.nodes.get(self.me)

    @property
    def named(self) -> MemberAddress | None:
        """The member that a quorum of Sentinels names as the primary."""
        votes = Counter(view.primary for view in self.sentinels.values())
        return next((self.members.at(*address) for address, count in votes.most_common(1) if count >= self.members.quorum), None)

    @property
    def names_me(self) -> bool:
        """Whether it is this one."""
        return self.named is not None and self.named.name == self.me

    @property
    def primary(self) -> MemberAddress | None:
        """The one that is named, if it has the role of the primary."""
        named = self.named
        return named if named is not None and named.name in self.nodes and self.nodes[named.name].role == "primary" else None

    def takes_for_down(self, primary: str) -> bool:
        """Whether a Sentinel takes a member for a primary that is down."""
        named = (view.primary for view in self.sentinels.values() if view.down)
        return any(member is not None and member.name == primary for member in (self.members.at(*address) for address in named))

    @property
    def calm(self) -> bool:
        """Nothing is to be expected as long as the own Redis and the own Sentinel do not change."""
        own, view, primary = self.own, self.sentinels.get(self.me), self.primary
        if own is None or view is None or not view.calm or primary is None or view.primary != (primary.host, primary.redis_port):
            return False
        return primary.name == self.me or (own.in_sync and own.eligible and own.follows == view.primary)

    @property
    def shape(self) -> object:
        """All of it that changes only when something happens."""
        nodes = {name: (node.role, node.follows, node.link_up, node.eligible, node.replid) for name, node in self.nodes.items()}
        views = {name: (view.primary, view.flags) for name, view in self.sentinels.items()}
        return self.members, nodes, views, self.gone

    @property
    def named_later(self) -> MemberAddress | None:
        """Another one than `named`, which a Sentinel names by a later configuration; it tells the other Sentinels, and they follow."""
        named = self.named
        views = [(self.members.at(*view.primary), view.epoch) for view in self.sentinels.values()]
        latest = max((epoch for member, epoch in views if member == named), default=0)
        return next((member for member, epoch in views if member is not None and member != named and epoch > latest), None)

    @property
    def others(self) -> dict[str, NodeInfo]:
        """Each other Redis that answered."""
        return {name: node for name, node in self.nodes.items() if name != self.me}

    def primaries(self) -> dict[str, NodeInfo]:
        """Each other Redis that has the role of a primary."""
        return {name: node for name, node in self.others.items() if node.role == "primary"}

    def fresh_followers(self) -> list[str]:
        """Each other Redis that follows the own one, and has all of its data; Sentinel chooses among them."""
        address = (self.members[self.me].host, self.members[self.me].redis_port)
        return sorted(name for name, node in self.others.items() if node.follows == address and node.fresh)


def node_info(info: Any, keys: Any) -> NodeInfo:
    """Read the reply of INFO replication, and that of DBSIZE, which is an error while Redis loads.

    Raises:
        UnexpectedReply: It is no such reply.
    """
    try:
        fields = parse_info(info.decode("ascii", "replace"))
        offset = fields.get("slave_repl_offset", fields["master_repl_offset"])
        node: dict[str, Any] = {
            "replid": fields["master_replid"],
            "replid2": fields["master_replid2"],
            "second_offset": int(fields["second_repl_offset"]),
            "offset": int(offset),
            "keys": keys if isinstance(keys, int) else None,
        }
        if fields["role"] == "master":
            return NodeInfo(role="primary", eligible=True, **node)
        return NodeInfo(
            role="replica",
            follows=(fields["master_host"], int(fields["master_port"])),
            link_up=fields["master_link_status"] == "up",
            syncing=fields["master_sync_in_progress"] != "0",
            was_linked=int(fields.get("master_link_down_since_seconds", "-1")) >= 0,
            eligible=int(fields["slave_priority"]) != 0,
            **node,
        )
    except (AttributeError, LookupError, ValueError) as error:
        raise UnexpectedReply(f"not a reply of INFO replication: {error!r}") from None


def sentinel_view(reply: Any) -> SentinelView:
    """Read the reply of SENTINEL MASTER.

    Raises:
        UnexpectedReply: It is no such reply.
    """
    fields = _pairs(reply)
    try:
        return SentinelView(
            primary=(fields["ip"], int(fields["port"])), epoch=int(fields["config-epoch"]), flags=frozenset(fields["flags"].split(","))
        )
    except (LookupError, ValueError) as error:
        raise UnexpectedReply(f"not a reply of SENTINEL MASTER: {error!r}") from None


class ReplicaState(NamedTuple):
    """A replica as a Sentinel sees it."""

    priority: int
    """The lowest is promoted first; 0 never is."""
    down: bool


def replica_states(reply: Any) -> dict[Address, ReplicaState]:
    """Read the reply of SENTINEL REPLICAS.

    Raises:
        UnexpectedReply: It is no such reply.
    """
    if not isinstance(reply, list):
        raise UnexpectedReply("not a reply of SENTINEL REPLICAS")
    states = {}
    try:
        for fields in map(_pairs, reply):
            down = not _DOWN.isdisjoint(fields["flags"].split(","))
            states[fields["ip"], int(fields["port"])] = ReplicaState(int(fields["slave-priority"]), down)
    except (LookupError, ValueError) as error:
        raise UnexpectedReply(f"not a reply of SENTINEL REPLICAS: {error!r}") from None
    return states


def _pairs(reply: Any) -> dict[str, str]:
    if not isinstance(reply, Sequence) or len(reply) % 2 or not all(isinstance(text, bytes) for text in reply):
        raise UnexpectedReply("not pairs of names and values")
    texts = [text.decode("ascii", "replace") for text in reply]
    return dict(zip(texts[::2], texts[1::2], strict=True))
