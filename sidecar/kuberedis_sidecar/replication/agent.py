"""The agent of a member: looks at all members, and tells its own Redis whom to follow. Promotion is always Sentinel's.

What is to be done is decided in ``decisions``; here it is carried out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from kuberedis_core.logging import log
from kuberedis_core.member_control import MARK_NAME
from kuberedis_core.member_report import MemberReport
from kuberedis_sidecar.errors import RedisError
from kuberedis_sidecar.redis.replies import MULTI, Command
from kuberedis_sidecar.replication.decisions import (
    FORCE_SECONDS,
    Action,
    Follow,
    ForceFailover,
    Resume,
    SetEligible,
    StepDown,
    Wait,
    decide,
    own_state,
)
from kuberedis_sidecar.replication.nodes import Connect, Nodes
from kuberedis_sidecar.replication.observation import Observation
from kuberedis_sidecar.replication.observer import Observer
from kuberedis_sidecar.replication.passwords import ReplicationPasswords
from kuberedis_sidecar.replication.primary_changes import PrimaryChanges
from kuberedis_sidecar.replication.report import member_report
from kuberedis_sidecar.settings import MemberSettings, Settings

Listener: TypeAlias = Callable[[Observation], None]

POLL_SECONDS = 0.1
_SHORTEST_PAUSE_SECONDS = 0.01
"""Between two looks, whatever happens: who breaks connections may not keep the sidecar busy."""
_CHANGE_SECONDS = 0.3
_FORCE_AGAIN_SECONDS = 0.5
"""After a request for a failover that no Sentinel has granted, as far as is known. One that fails over already refuses another."""
ELIGIBLE_PRIORITY = 100
"""Redis' default. All members have the same, so that Sentinel chooses by offset."""


class MemberAgent:
    """The agent of one member, to be made in a running event loop.

    Args:
        settings: Settings of the sidecar.
        member: Their part for a member.
        connect: Connects to a Redis or a Sentinel; with TLS where the address says so.
        acts: Whether it acts; if not, it only looks, beside another process of its pod that acts.

    Attributes:
        nodes: Connections to all members.
    """

    def __init__(self, settings: Settings, member: MemberSettings, connect: Connect, *, acts: bool = True) -> None:
        self._acts = acts
        self._instance = settings.instance
        self._me = member.name
        self._mark = member.run_dir / MARK_NAME
        self._leaving = False
        self._released = False
        self._awake = asyncio.Event()
        self.nodes = Nodes(settings, member, connect, self._awake.set)
        self._observer = Observer(settings.instance, member, self.nodes)
        self._passwords = ReplicationPasswords(settings.instance, member, self.nodes)
        self._changes = PrimaryChanges()
        self._listeners: list[Listener] = []
        self._waiting: list[asyncio.Future[Observation]] = []
        self._everyone = True
        self._confirming = False
        self._switching_over = False
        self._logged: object = None
        self._problem = ""
        self._task: asyncio.Task[None] | None = None

    @property
    def state(self) -> Observation:
        """What it saw last."""
        return self._observer.seen

    def on_change(self, listener: Listener) -> None:
        """Call `listener` with each observation that differs from the one before in more than offsets and numbers of keys."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Begin to look and to act."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def look(self) -> Observation:
        """Have it look at all members now, because something seems to have changed, and return what it sees."""
        if self._task is None or self._task.done():
            return self.state
        seen: asyncio.Future[Observation] = asyncio.get_running_loop().create_future()
        self._waiting.append(seen)
        self._awake.set()
        return await seen

    @contextmanager
    def switching_over(self) -> Iterator[None]:
        """Leave the own Redis alone, because a planned switchover reconfigures it."""
        self._switching_over = True
        try:
            yield
        finally:
            self._switching_over = False

    async def leave(self) -> None:
        """Have the own Redis promoted by nobody from now on, because it is about to end."""
        self._leaving = True
        with suppress(OSError, RedisError, LookupError):
            await self._own(self.state, _priority(0))

    def release(self) -> None:
        """Let Redis and Sentinel end from now on."""
        self._released = True
        _set_exists(self._mark, exists=False)

    def report(self) -> MemberReport:
        """What the operator is told; `primary` is where commands should go, `certificates` is left out."""
        report = member_report(self.state, self._observer.replicas, self._observer.has_quorum)
        changes = self._changes
        return replace(
            report,
            lag_seconds=self._observer.lag.seconds,
            switching_over=self._switching_over,
            failovers=changes.count,
            last_change=changes.last,
        )

    async def close(self) -> None:
        """Stop looking, and close the connections."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for waiting in self._waiting:
            waiting.cancel()
        self.nodes.close()

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            # It may have been set while the pause before this turn ran out.
            self._everyone |= self._awake.is_set()
            self._awake.clear()
            try:
                await self._turn()
            except Exception:  # noqa: BLE001
                # Without its agent a member would be quarantined until the sidecar is restarted.
                log.exception("member_agent_failed", instance=self._instance, member=self._me)
            await asyncio.sleep(_SHORTEST_PAUSE_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(began + POLL_SECONDS):
                    await self._awake.wait()

    async def _turn(self) -> None:
        waiting = len(self._waiting)
        confirming, self._confirming = self._confirming, False
        everyone, self._everyone = self._everyone or waiting > 0, False
        before, seen = self._observer.seen, await self._observer.look(everyone=everyone)
        for look in self._waiting[:waiting]:
            if not look.done():
                look.set_result(seen)
        del self._waiting[:waiting]
        self._changes.see(seen)
        if self._leaving and seen.own is not None and seen.own.quarantined:
            # A Redis that is started anew belongs to a member that goes on.
            self._leaving = self._released = False
        if self._acts:
            _set_exists(self._mark, exists=not self._released)
        if seen.shape != before.shape:
            for listener in self._listeners:
                listener(seen)
        if not self._acts or self._me not in {member.name for member in seen.members} or self._switching_over:
            return
        can_follow = await self._passwords.apply(seen.members)
        action = decide(seen)
        if isinstance(action, ForceFailover) and not confirming:
            # What others said may be older than what happened to the own Redis, a planned switchover among it. They are asked again.
            self._confirming = True
            self._awake.set()
            return
        self._log(seen, action)
        if can_follow or isinstance(action, ForceFailover):
            self._everyone |= await self._carry_out(action, seen)

    async def _carry_out(self, action: Action, seen: Observation) -> bool:
        """Whether anything was done."""
        try:
            match action:
                case Wait():
                    return False
                case ForceFailover():
                    self._observer.forced_at = asyncio.get_running_loop().time()
                    await self._force_failover(seen)
                case Follow(name):
                    await self._own(seen, _follow(seen, name))
                case StepDown(name):
                    # A sidecar that died in a switchover leaves its Redis paused, and a paused replica does not replicate.
                    await self._own(seen, MULTI, ("CLIENT", "UNPAUSE"), _priority(0), _follow(seen, name), ("EXEC",))
                case Resume():
                    # What it has counts, also once it hands its role over.
                    await self._own(seen, ("REPLICAOF", "NO", "ONE"), _priority(ELIGIBLE_PRIORITY))
                case SetEligible(True) if self._leaving:
                    return False
                case SetEligible(eligible):
                    await self._own(seen, _priority(ELIGIBLE_PRIORITY if eligible else 0))
        except (OSError, RedisError) as error:
            if isinstance(action, ForceFailover):
                self._observer.forced_at -= FORCE_SECONDS - _FORCE_AGAIN_SECONDS
            if str(error) != self._problem:
                self._problem = str(error)
                log.warning("member_action_failed", instance=self._instance, action=type(action).__name__, reason=self._problem)
            return False
        self._problem = ""
        return True

    async def _own(self, seen: Observation, *commands: Command) -> None:
        await self.nodes.redis(seen.members[self._me], *commands, seconds=_CHANGE_SECONDS)

    async def _force_failover(self, seen: Observation) -> None:
        """Ask one Sentinel after the other that names the same primary as the quorum: another one knows of a failover since.

        The own one is the last: it may be as lost as its Redis.

        Raises:
            OSError, RedisError: None of them has begun a failover.
        """
        problem: OSError | RedisError | None = None
        for member in (*seen.members.others(self._me), seen.members[self._me]):
            view = seen.sentinels.get(member.name)
            if view is None or seen.members.at(*view.primary) != seen.named:
                continue
            try:
                await self.nodes.sentinel(member, ("SENTINEL", "FAILOVER", self._instance), seconds=_CHANGE_SECONDS)
            except (OSError, RedisError) as error:
                problem = error
            else:
                return
        if problem is not None:
            raise problem

    def _log(self, seen: Observation, action: Action) -> None:
        named = seen.named
        logged = (own_state(seen), named and named.name, action)
        if logged == self._logged:
            return
        self._logged = logged
        log.info(
            "member_decided",
            instance=self._instance,
            member=self._me,
            redis=logged[0].value,
            named=logged[1],
            action=_ACTIONS[type(action)],
            target=getattr(action, "member", None),
            reason=action.reason,
        )


_ACTIONS: dict[type[Action], str] = {
    Follow: "follow",
    StepDown: "step_down",
    Resume: "resume",
    SetEligible: "set_eligible",
    ForceFailover: "force_failover",
    Wait: "wait",
}


def _follow(seen: Observation, name: str) -> Command:
    member = seen.members[name]
    return ("REPLICAOF", member.host, member.redis_port)


def _priority(priority: int) -> Command:
    return ("CONFIG", "SET", "replica-priority", priority)


def _set_exists(path: Path, exists: bool) -> None:
    if path.exists() == exists:
        return
    try:
        if exists:
            path.touch()
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        log.error("mark_unusable", path=str(path), reason=error.strerror)
