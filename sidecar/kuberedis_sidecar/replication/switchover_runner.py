"""Carries out planned switchovers: looks at the members, and sends what `switchover` decides.

It reconfigures the own Redis and no other; promotion is Sentinel's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from kuberedis_core.logging import log
from kuberedis_core.member_control import ControlReply
from kuberedis_core.members import MemberAddress, Members
from kuberedis_sidecar.errors import ErrorReply, RedisError
from kuberedis_sidecar.redis.replies import MULTI, Command
from kuberedis_sidecar.replication.nodes import Nodes
from kuberedis_sidecar.replication.observation import NodeInfo, UnexpectedReply, node_info, replica_states, sentinel_view
from kuberedis_sidecar.replication.switchover import (
    PAUSE_SECONDS,
    AskSentinel,
    Demote,
    Reason,
    Refuse,
    Replica,
    Resume,
    Seen,
    Switchover,
    Vote,
)

T = TypeVar("T")

_INFO: tuple[Command, ...] = (("INFO", "replication"), ("DBSIZE",))
_NO_PINGS: Command = ("CONFIG", "SET", "repl-ping-replica-period", 3600)
_USUAL_PINGS: Command = ("CONFIG", "SET", "repl-ping-replica-period", 10)
"""How often, in seconds, a primary pings its replicas: Redis' default, which nobody can change in `spec.config`."""
_RESUME: tuple[Command, ...] = (("CLIENT", "UNPAUSE"), _USUAL_PINGS)

_LOOK_SECONDS = 0.25
"""Time limit of questions; who does not answer by then is as good as gone."""
CHANGE_SECONDS = 1.0
"""Time limit of changes."""
_PAUSE_BETWEEN_LOOKS_SECONDS = 0.002
_PAUSE_BETWEEN_TRIES_SECONDS = 0.05


class SwitchoverRunner:
    """Hands the role of the primary over, if this member has it.

    Args:
        instance: Name of the instance, by which Sentinels know the primary.
        me: Name of this member.
        members: Returns the members.
        nodes: Connections to them.
    """

    def __init__(self, instance: str, me: str, members: Callable[[], Members], nodes: Nodes) -> None:
        self._instance = instance
        self._me = me
        self._members = members
        self._nodes = nodes
        self._clock = asyncio.get_running_loop().time

    async def run(self, to: str | None = None) -> ControlReply:
        """Hand the role over.

        Args:
            to: Name of the member that shall have it; None for any.

        Returns:
            The reply for whoever asked. If it was not done, the primary is the same as before.
        """
        members = self._members()
        if self._me not in {member.name for member in members}:
            return _refused(Refuse(Reason.REDIS_UNAVAILABLE, "the members are not known yet"))
        others = members.others(self._me)
        switchover = Switchover(self._me, [member.name for member in others], to)
        try:
            own = await self._node(members[self._me])
            seen = await self._look(members, others, own, with_votes=True)
            first = switchover.next(replace(seen, is_primary=own.role == "primary", offset=own.offset), self._clock())
            if isinstance(first, Refuse):
                return _refused(first)
            began = self._clock()
            last = await self._to_the_end(switchover, members, [member for member in others if member.name in seen.replicas], own)
        except (OSError, RedisError, UnexpectedReply) as error:
            return _refused(Refuse(Reason.REDIS_UNAVAILABLE, f"the Redis of {self._me} does not reply: {error or 'too slow'}"))
        if isinstance(last, Resume):
            return _refused(last)
        seconds = round(self._clock() - began, 3)
        return ControlReply(True, f"{last.new_primary} is the primary", primary=last.new_primary, seconds=seconds)

    async def restore(self) -> None:
        """Have the own Redis ping its replicas, in case that the predecessor of this process died in a switchover.

        Raises:
            LookupError: The members are not known yet.
            OSError, RedisError: Redis does not answer.
        """
        await self._own(self._members(), _USUAL_PINGS)

    async def _to_the_end(
        self, switchover: Switchover, members: Members, others: Iterable[MemberAddress], own: NodeInfo
    ) -> Demote | Resume:
        """Pause, and carry out steps until one ends it.

        Raises:
            OSError, RedisError, UnexpectedReply: The own Redis does not do what it is told; if it is paused, then not for long.
        """
        try:
            await self._pause(switchover, members)
            last = await self._carry_out(switchover, members, others, own)
        except (OSError, RedisError, UnexpectedReply):
            await self._resume(members)
            raise
        except asyncio.CancelledError:
            # The sidecar ends. Once a Sentinel has been asked, what would be written here could be lost.
            if not switchover.may_be_promoted:
                with suppress(OSError, RedisError):
                    await self._own(members, *_RESUME)
            raise
        if isinstance(last, Demote):
            primary = members[last.new_primary]
            follow = ("REPLICAOF", primary.host, primary.redis_port)
            await self._own(members, MULTI, ("CLIENT", "UNPAUSE"), follow, ("EXEC",), _USUAL_PINGS)
        else:
            await self._resume(members)
        return last

    async def _resume(self, members: Members) -> None:
        """Let writes go on, even if Redis executes the pause only after it seemed to have failed, as after a script.

        Raises:
            OSError, RedisError: It cannot be told; the pause ends by itself.
        """
        until = self._clock() + PAUSE_SECONDS
        while True:
            try:
                await self._own(members, *_RESUME)
            except (OSError, RedisError):
                if self._clock() >= until:
                    raise
                await asyncio.sleep(_PAUSE_BETWEEN_TRIES_SECONDS)
            else:
                return

    async def _pause(self, switchover: Switchover, members: Members) -> None:
        began = self._clock()
        pause = ("CLIENT", "PAUSE", round(1000 * PAUSE_SECONDS), "WRITE")
        *_, info, keys = await self._own(members, _NO_PINGS, pause, *_INFO)
        switchover.paused(began, node_info(info, keys).offset)

    async def _carry_out(self, switchover: Switchover, members: Members, others: Iterable[MemberAddress], own: NodeInfo) -> Demote | Resume:
        while True:
            seen = await self._look(members, others, own, with_votes=switchover.needs_votes(self._clock()))
            step = switchover.next(seen, self._clock())
            if isinstance(step, Demote | Resume):
                return step
            if isinstance(step, AskSentinel):
                switchover.asked(step.member, await self._ask(members[step.member]))
            await asyncio.sleep(_PAUSE_BETWEEN_LOOKS_SECONDS)

    async def _ask(self, member: MemberAddress) -> str | None:
        """Have the member's Sentinel fail over; the text of its refusal, or None if it may have accepted."""
        try:
            await self._nodes.sentinel(member, ("SENTINEL", "FAILOVER", self._instance), seconds=CHANGE_SECONDS)
        except ErrorReply as refusal:
            return str(refusal)
        except OSError as error:
            return f"it cannot be reached: {error}"
        except RedisError as error:
            log.warning("switchover_unconfirmed", instance=self._instance, sentinel=member.name, reason=str(error))
        return None

    async def _own(self, members: Members, *commands: Command) -> list[Any]:
        return await self._nodes.redis(members[self._me], *commands, seconds=CHANGE_SECONDS)

    async def _look(self, members: Members, others: Iterable[MemberAddress], own: NodeInfo, *, with_votes: bool) -> Seen:
        me = members[self._me]
        replicas, votes = await asyncio.gather(
            _answers((other.name, self._replica(other, me, own)) for other in others),
            _answers((member.name, self._vote(member, members)) for member in (members if with_votes else ())),
        )
        return Seen(replicas=replicas, votes=votes)

    async def _node(self, member: MemberAddress) -> NodeInfo:
        return node_info(*await self._nodes.redis(member, *_INFO, seconds=_LOOK_SECONDS))

    async def _replica(self, member: MemberAddress, primary: MemberAddress, own: NodeInfo) -> Replica:
        node = await self._node(member)
        is_primary = node.role == "primary"
        follows = node.in_sync and node.eligible and node.follows == (primary.host, primary.redis_port)
        return Replica(is_primary=is_primary, is_successor=is_primary and node.descends_from(own), offset=node.offset if follows else None)

    async def _vote(self, member: MemberAddress, members: Members) -> Vote:
        questions = [("SENTINEL", what, self._instance) for what in ("MASTER", "REPLICAS")]
        master, replicas = await self._nodes.sentinel(member, *questions, seconds=_LOOK_SECONDS)
        view = sentinel_view(master)
        named = ((members.at(*address), state) for address, state in replica_states(replicas).items() if not state.down)
        return Vote(
            names_me=members.at(*view.primary) == members[self._me],
            fails_over=view.failing_over,
            priorities={known.name: state.priority for known, state in named if known is not None and state.priority},
        )


def _refused(step: Refuse | Resume) -> ControlReply:
    return ControlReply(False, step.message, step.reason.value)


async def _answers(questions: Iterable[tuple[str, Awaitable[T]]]) -> dict[str, T]:
    """The answers by name; who does not answer, or not properly, is left out."""
    pending = dict(questions)
    replies = await asyncio.gather(*map(_answer, pending.values()))
    return {name: reply for name, reply in zip(pending, replies, strict=True) if reply is not None}


async def _answer(question: Awaitable[T]) -> T | None:
    try:
        return await question
    except (OSError, RedisError, UnexpectedReply):
        return None
