"""Where commands are sent: finds the primary of a highly available instance, and moves the endpoint to it.

Theory of operation: a member is the primary if a quorum of Sentinels names it and its Redis has that role. Sentinels say so up to a second
after a promotion. So a Redis is taken for the primary as well when it has been promoted out of the history of the one before, which the ids
of their histories prove. Nobody else is ever followed: what merely has the role, such as a primary that was away for a while, is not.

A primary that does not answer stays the primary until there is another, since nobody knows better. One that a quorum of Sentinels cannot be
asked about does not: it may be cut off from the others together with this member, and they may have another by now, so that what it is told
would be lost. Then there is none, and what it has said may be lost, too: `on_given_up` is for whoever has not passed on all of that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from kuberedis_core.logging import log
from kuberedis_core.members import MemberAddress
from kuberedis_sidecar.redis.endpoints import PrimaryEndpoint
from kuberedis_sidecar.replication.agent import MemberAgent
from kuberedis_sidecar.replication.observation import Observation
from kuberedis_sidecar.settings import MemberSettings, RedisAddress

# A member that is merely slow should not be taken for one that is cut off.
_SHORTEST_CUT_OFF_SECONDS = 2.0
_LOOK_PAUSE_SECONDS = 0.03


@dataclass(frozen=True, slots=True)
class Primary:
    """The primary that commands are sent to."""

    name: str
    """Name of the member."""
    replid: str
    """Id of its history of writes, when it was seen last."""


def find(observation: Observation, followed: Primary | None) -> Primary | None:
    """The primary.

    Args:
        observation: What is seen now.
        followed: What was the primary so far; None if there was none.
    """
    primaries = {name: node for name, node in observation.nodes.items() if node.role == "primary"}
    named = observation.named
    # Sentinels may name one that has been replaced, for as long as a second.
    before = [followed.replid] if followed is not None else []
    before += [primaries[named.name].replid] if named is not None and named.name in primaries else []
    promoted = [name for replid in before for name, node in primaries.items() if node.replid2 == replid]
    name = next(iter(promoted), named.name if named is not None else None)
    if name in primaries:
        return Primary(name, primaries[name].replid)
    if followed is None:
        return None
    if followed.name in primaries:
        return Primary(followed.name, primaries[followed.name].replid)
    return followed if followed.name not in observation.nodes else None


class PrimaryFinder:
    """Keeps the endpoint of an instance's primary.

    Args:
        agent: Looks at the members.
        member: This member.
        own: Address of its own Redis.
        endpoint: Is moved.
    """

    def __init__(self, agent: MemberAgent, member: MemberSettings, own: RedisAddress, endpoint: PrimaryEndpoint) -> None:
        self._loop = asyncio.get_running_loop()
        self._agent = agent
        self._member = member
        self._own = own
        self._endpoint = endpoint
        self._followed: Primary | None = None
        self._look: asyncio.Task[None] | None = None
        self._cut_off: asyncio.TimerHandle | None = None
        self.on_given_up: Callable[[], None] | None = None
        """Called when there is no primary any more because no quorum of Sentinels can be asked."""
        self.known_at = float("-inf")
        """When a primary was known last, by the event loop's clock."""
        endpoint.on_doubt = self.look
        agent.on_change(self._take)
        self._take(agent.state)

    @property
    def primary(self) -> str | None:
        """Name of the primary; None if there is none."""
        return self._followed.name if self._followed is not None else None

    def look(self) -> None:
        """Have the agent look at once, because the primary seems to be another."""
        if self._look is None:
            self._look = self._loop.create_task(self._look_now())

    async def close(self) -> None:
        """Look no more."""
        if self._cut_off is not None:
            self._cut_off.cancel()
        if self._look is not None:
            self._look.cancel()
            await asyncio.gather(self._look, return_exceptions=True)

    async def _look_now(self) -> None:
        try:
            self._take(await self._agent.look())
            await asyncio.sleep(_LOOK_PAUSE_SECONDS)
        finally:
            self._look = None

    def _take(self, observation: Observation) -> None:
        if len(observation.sentinels) >= observation.members.quorum:
            if self._cut_off is not None:
                self._cut_off.cancel()
                self._cut_off = None
        elif self._cut_off is None and self._followed is not None:
            seconds = max(_SHORTEST_CUT_OFF_SECONDS, self._member.detect_after_seconds)
            self._cut_off = self._loop.call_later(seconds, self._give_up)
        self._follow(find(observation, self._followed), observation)

    def _follow(self, primary: Primary | None, observation: Observation) -> None:
        if self._followed is not None:
            self.known_at = self._loop.time()
            self._endpoint.previous_answers = self._followed.name in observation.nodes
        member = next((member for member in observation.members if primary is not None and member.name == primary.name), None)
        self._followed = primary if member is not None else None
        self._endpoint.move(None if member is None else self._address(member))

    def _give_up(self) -> None:
        self._cut_off = None
        if len(self._agent.state.sentinels) >= self._agent.state.members.quorum:
            return
        log.warning("primary_given_up", reason="no quorum of Sentinels can be asked", primary=self.primary)
        self._follow(None, self._agent.state)
        if self.on_given_up is not None:
            self.on_given_up()

    def _address(self, member: MemberAddress) -> RedisAddress:
        if member.name == self._member.name:
            return self._own
        return RedisAddress(member.host, member.redis_port, tls=self._member.tls_dir is not None)
