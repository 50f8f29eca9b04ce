"""Looks at all members, and remembers what decisions depend on.

The own Redis and the own Sentinel are asked in every poll, and tell at once when something happens: the link to the primary breaks, or the
Sentinel suspects the primary, hears of another one, or fails over. As long as nothing does, the other members are asked more rarely: only
a member that was cut off, or that froze together with its sidecar, does not hear of news by itself, and it notices that others do not
answer, or that time has passed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from kuberedis_core import members as members_file
from kuberedis_core.logging import log
from kuberedis_core.members import MemberAddress, Members
from kuberedis_sidecar.errors import RedisError
from kuberedis_sidecar.redis.replies import Command
from kuberedis_sidecar.replication.lag import ReplicationLag
from kuberedis_sidecar.replication.nodes import Node, Nodes, port_is_closed
from kuberedis_sidecar.replication.observation import (
    Address,
    NodeInfo,
    Observation,
    ReplicaState,
    SentinelView,
    UnexpectedReply,
    node_info,
    replica_states,
    sentinel_view,
)
from kuberedis_sidecar.settings import MemberSettings

T = TypeVar("T")

ANSWER_SECONDS = 0.3
"""Time limit of a question; who does not answer by then is as good as gone."""
OTHERS_SECONDS = 0.5
"""How often others are asked while all is calm."""
_DETAILS_SECONDS = 1.0
"""How often the file of members is read, and the own Sentinel asked what only the report needs."""

_INFO: tuple[Command, ...] = (("INFO", "replication"), ("DBSIZE",))


class Observer:
    """Looks at the members.

    Args:
        instance: Name of the instance, by which Sentinels know the primary.
        member: Name of the member, and file of all members.
        nodes: Connections to all members.
    """

    def __init__(self, instance: str, member: MemberSettings, nodes: Nodes) -> None:
        self._instance = instance
        self._member = member
        self._nodes = nodes
        self._clock = asyncio.get_running_loop().time
        self._problem = ""
        # What each member's Redis and Sentinel said when they were asked last, if they answered.
        self._infos: dict[str, NodeInfo] = {}
        self._views: dict[str, SentinelView] = {}
        self._gone: set[str] = set()
        self._others_at = self._details_at = float("-inf")
        self._state: object = None
        self._state_since = self._clock()
        self.seen = Observation(me=member.name, members=Members(()))
        """What was seen last."""
        self.lag = ReplicationLag()
        self.forced_at = float("-inf")
        """When this member last had Sentinel fail over, by the clock of the event loop."""
        self.replicas: dict[Address, ReplicaState] = {}
        """What the own Sentinel knows of replicas."""
        self.has_quorum = False
        """Whether the own Sentinel could have another one promoted."""

    async def look(self, *, everyone: bool) -> Observation:
        """Look once, and return what is seen.

        Args:
            everyone: Ask the other members too, even if all is calm.
        """
        now = self._clock()
        members = self.seen.members
        if now >= self._details_at + _DETAILS_SECONDS:
            self._details_at = now
            members = self._read_members()
            await self._ask_for_details()
        if everyone or not self.seen.calm or now >= self._others_at + OTHERS_SECONDS:
            self._others_at = now
            await asyncio.gather(*(self._ask(member) for member in members))
        else:
            await self._ask(members[self._member.name])
        self.seen = self._observation(members)
        self.lag.see(self.seen, self._clock())
        return self.seen

    def _observation(self, members: Members) -> Observation:
        now = self._clock()
        seen = Observation(
            me=self._member.name,
            members=members,
            nodes=dict(self._infos),
            gone=frozenset(self._gone),
            sentinels=dict(self._views),
            forced_seconds=now - self.forced_at,
        )
        state = (seen.own and (seen.own.role, seen.own.follows), seen.named)
        if state != self._state:
            self._state, self._state_since = state, now
        return replace(seen, stable_seconds=now - self._state_since)

    async def _ask(self, member: MemberAddress) -> None:
        await asyncio.gather(self._ask_redis(member), self._ask_its_sentinel(member))

    async def _ask_redis(self, member: MemberAddress) -> None:
        gone = False
        info = None
        try:
            info = node_info(*await self._nodes.redis_of(member).ask(*_INFO, seconds=ANSWER_SECONDS))
        except (ConnectionRefusedError, FileNotFoundError):
            # The file of a Unix socket may be missing while the process lives.
            gone = member.name != self._member.name or await port_is_closed(member.redis_port)
        except (OSError, RedisError, UnexpectedReply):
            pass
        _keep(self._infos, member.name, info)
        (self._gone.add if gone else self._gone.discard)(member.name)

    async def _ask_its_sentinel(self, member: MemberAddress) -> None:
        [reply] = await _replies(self._nodes.sentinel_of(member), ("SENTINEL", "MASTER", self._instance))
        _keep(self._views, member.name, _read(sentinel_view, reply))

    async def _ask_for_details(self) -> None:
        questions = [("SENTINEL", what, self._instance) for what in ("REPLICAS", "CKQUORUM")]
        replies = await _replies(self._nodes.own_sentinel, *questions)
        self.replicas = _read(replica_states, replies[0]) or {}
        self.has_quorum = isinstance(replies[1], bytes)

    def _read_members(self) -> Members:
        before = self.seen.members
        try:
            members = members_file.load(self._member.members_file.read_bytes())
            members[self._member.name]
        except (OSError, ValueError, LookupError) as error:
            problem = f"it has no member {error}" if isinstance(error, LookupError) else getattr(error, "strerror", None) or str(error)
            if problem != self._problem:
                self._problem = problem
                log.error("members_unusable", instance=self._instance, reason=problem, consequence="the members stay those that were known")
            return before
        self._problem = ""
        if members != before:
            self._nodes.keep(members)
            names = {member.name for member in members}
            self._infos = {name: info for name, info in self._infos.items() if name in names}
            self._views = {name: view for name, view in self._views.items() if name in names}
            self._gone &= names
        return members


def _keep(known: dict[str, T], name: str, value: T | None) -> None:
    if value is None:
        known.pop(name, None)
    else:
        known[name] = value


async def _replies(node: Node, *commands: Command) -> list[Any]:
    """The replies; None for each that did not come."""
    try:
        return await node.ask(*commands, seconds=ANSWER_SECONDS)
    except (OSError, RedisError):
        return [None] * len(commands)


def _read(reader: Callable[[Any], T], reply: Any) -> T | None:
    """What a reply says; None if it is not what was asked for."""
    try:
        return reader(reply)
    except UnexpectedReply:
        return None
