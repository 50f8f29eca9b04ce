"""Has the Sentinels prefer this member in the next switchover, for a while.

Sentinel promotes the replica with the lowest priority, and hears of it by the INFO that it asks for from time to time. So the wanted member
lowers the priority of its own Redis, waits until the Sentinels know, and raises it again when it is the primary, or when nobody has
used the preference. If the sidecar dies meanwhile, its successor finds a priority that none but this gives, and raises it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from kuberedis_core.logging import log
from kuberedis_core.member_control import ControlReply
from kuberedis_core.members import QUORUM, MemberAddress
from kuberedis_sidecar.errors import RedisError
from kuberedis_sidecar.redis.replies import Command
from kuberedis_sidecar.replication.agent import ELIGIBLE_PRIORITY
from kuberedis_sidecar.replication.nodes import Nodes
from kuberedis_sidecar.replication.observation import Observation, UnexpectedReply, replica_states
from kuberedis_sidecar.replication.switchover import Reason

PREFERRED_PRIORITY = 10
"""Lower than `ELIGIBLE_PRIORITY`, and not 0, with which Sentinel would not promote it at all."""

KNOWN_SECONDS = 13.0
"""Until then every Sentinel has asked for INFO, even if no sidecar has told it to ask more often than every ten seconds."""
_UNUSED_SECONDS = 30.0
_ASK_SECONDS = 0.3
_PAUSE_SECONDS = 0.25


class Preference:
    """The preference for one member.

    Args:
        instance: Name of the instance, by which Sentinels know the primary.
        state: Returns what the agent saw last.
        nodes: Connections to all members.
    """

    def __init__(self, instance: str, state: Callable[[], Observation], nodes: Nodes) -> None:
        self._instance = instance
        self._state = state
        self._nodes = nodes
        self._ending: asyncio.Task[None] | None = None

    async def begin(self) -> ControlReply:
        """Have the Sentinels prefer this member, and return when they do."""
        seen = self._state()
        primary = seen.named.name if seen.named is not None else None
        own = seen.own
        if own is None:
            return ControlReply(False, f"the Redis of {seen.me} does not answer", Reason.REDIS_UNAVAILABLE.value, primary)
        if own.role == "primary":
            return ControlReply(False, f"{seen.me} is the primary already", Reason.IS_PRIMARY.value, seen.me)
        if not own.in_sync or not own.eligible:
            return ControlReply(False, f"{seen.me} is not in sync", Reason.NOT_IN_SYNC.value, primary)
        await self.close()
        try:
            await self._set_priority(PREFERRED_PRIORITY)
        except (OSError, RedisError) as error:
            return ControlReply(False, f"the Redis of {seen.me} does not reply: {error}", Reason.REDIS_UNAVAILABLE.value, primary)
        self._ending = asyncio.get_running_loop().create_task(self._end())
        if not await self._known():
            await self.close()
            return ControlReply(False, f"the Sentinels do not see {seen.me}", Reason.NO_QUORUM.value, primary)
        return ControlReply(True, f"the Sentinels prefer {seen.me}", primary=primary)

    async def restore(self) -> None:
        """Raise the priority again, be it that the predecessor of this process has lowered it.

        Raises:
            OSError, RedisError: The own Redis does not answer.
        """
        seen = self._state()
        [reply] = await self._nodes.redis(seen.members[seen.me], ("CONFIG", "GET", "replica-priority"), seconds=_ASK_SECONDS)
        if reply == [b"replica-priority", str(PREFERRED_PRIORITY).encode()]:
            await self._set_priority(ELIGIBLE_PRIORITY)

    async def close(self) -> None:
        """End the preference now, if there is one."""
        if self._ending is not None:
            ending, self._ending = self._ending, None
            ending.cancel()
            await asyncio.gather(ending, return_exceptions=True)
            with suppress(OSError, RedisError):
                await self.restore()

    async def _end(self) -> None:
        """End the preference when it has had its effect, or has none."""
        clock = asyncio.get_running_loop().time
        until = clock() + _UNUSED_SECONDS
        while clock() < until and ((own := self._state().own) is None or own.role == "replica"):  # noqa: ASYNC110
            await asyncio.sleep(_PAUSE_SECONDS)
        while True:
            try:
                return await self.restore()
            except (OSError, RedisError) as error:
                log.warning("preference_remains", instance=self._instance, reason=str(error))
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _set_priority(self, priority: int) -> None:
        seen = self._state()
        await self._nodes.redis(seen.members[seen.me], ("CONFIG", "SET", "replica-priority", priority), seconds=_ASK_SECONDS)

    async def _known(self) -> bool:
        """Wait until all Sentinels that answer know of the priority, and they are enough; False if that takes too long."""
        try:
            async with asyncio.timeout(KNOWN_SECONDS):
                while True:
                    priorities = [known for known in await self._priorities() if known is not None]
                    if len(priorities) >= QUORUM and set(priorities) == {PREFERRED_PRIORITY}:
                        return True
                    await asyncio.sleep(_PAUSE_SECONDS)
        except TimeoutError:
            return False

    async def _priorities(self) -> list[int | None]:
        """This member's priority at each Sentinel; None where that does not answer."""
        seen = self._state()
        me = seen.members[seen.me]
        return await asyncio.gather(*(self._priority_at(sentinel, (me.host, me.redis_port)) for sentinel in seen.members))

    async def _priority_at(self, sentinel: MemberAddress, me: tuple[str, int]) -> int | None:
        question: Command = ("SENTINEL", "REPLICAS", self._instance)
        try:
            [reply] = await self._nodes.sentinel(sentinel, question, seconds=_ASK_SECONDS)
            return replica_states(reply)[me].priority
        except (OSError, RedisError, UnexpectedReply):
            return None
        except KeyError:
            return -1
