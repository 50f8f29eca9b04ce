"""What can be asked of a member on its control socket: planned switchovers, and what comes before the end of its pod."""

from __future__ import annotations

import asyncio

from kuberedis_core.logging import log
from kuberedis_core.member_control import ControlReply, ControlRequest
from kuberedis_sidecar.errors import RedisError
from kuberedis_sidecar.replication.agent import MemberAgent
from kuberedis_sidecar.replication.control_socket import ControlSocket
from kuberedis_sidecar.replication.departure import LAST_SECONDS, SERVE_SECONDS, hand_over
from kuberedis_sidecar.replication.observation import Observation
from kuberedis_sidecar.replication.preference import Preference
from kuberedis_sidecar.replication.switchover import Reason
from kuberedis_sidecar.replication.switchover_runner import SwitchoverRunner
from kuberedis_sidecar.settings import MemberSettings

_AGAIN_SECONDS = 1.0


class MemberControl:
    """Carries out what is asked for, to be made in a running event loop.

    Args:
        instance: Name of the instance.
        member: Settings of the member.
        agent: Agent of the member, which leaves the own Redis alone during a switchover.
    """

    def __init__(self, instance: str, member: MemberSettings, agent: MemberAgent) -> None:
        self._instance = instance
        self._name = member.name
        self._agent = agent
        self._runner = SwitchoverRunner(instance, member.name, lambda: agent.state.members, agent.nodes)
        self._preference = Preference(instance, lambda: agent.state, agent.nodes)
        self._socket = ControlSocket(member.run_dir, self._carry_out)
        self._switching_over = asyncio.Lock()
        self._starting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen on the control socket."""
        self._starting = asyncio.get_running_loop().create_task(self._start())

    async def close(self) -> None:
        """Stop listening."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        self._socket.close()
        await self._preference.close()

    async def _carry_out(self, request: ControlRequest) -> ControlReply:
        match request.verb:
            case "pre-stop":
                return await self._leave()
            case "prefer":
                return await self._preference.begin()
            case "switchover":
                reply = await self._switch_over(request.to)
                self._log(reply)
                return reply

    async def _leave(self) -> ControlReply:
        """Hand the role over, let Redis and Sentinel end, and serve on until no more requests come."""
        clock = asyncio.get_running_loop().time
        began = clock()
        await self._agent.leave()
        was_primary, reply = await self._hand_over()
        if was_primary:
            self._agent.release()
        await asyncio.sleep(max(began + SERVE_SECONDS - clock(), 0 if reply.ok else LAST_SECONDS))
        if not was_primary:
            # One that ends together with this one may have handed its role over before it could know.
            _, reply = await self._hand_over()
            self._agent.release()
        return reply

    async def _hand_over(self) -> tuple[bool, ControlReply]:
        """Whether this member was the primary, and how handing that role over went."""
        seen = await self._agent.look()
        if seen.own is None or seen.own.role != "primary":
            return False, _not_primary(seen)
        reply = await hand_over(self._switch_over)
        if reply.reason == Reason.NOT_PRIMARY.value:
            # Another one was promoted meanwhile.
            return True, reply._replace(ok=True, reason="")
        self._log(reply)
        return True, reply

    async def _switch_over(self, to: str | None = None) -> ControlReply:
        if self._switching_over.locked():
            return ControlReply(False, "a switchover is being carried out", Reason.FAILOVER_IN_PROGRESS.value)
        async with self._switching_over:
            # Cancelling it would leave Redis paused for a while, so that only the end of this process does.
            with self._agent.switching_over():
                reply = await self._runner.run(to)
            named = (await self._agent.look()).named
        return reply if reply.ok or named is None else reply._replace(primary=named.name)

    async def _start(self) -> None:
        try:
            await self._socket.start()
        except OSError as error:
            log.error(
                "control_socket_unusable", instance=self._instance, reason=error.strerror, consequence="no switchover can be asked for"
            )
        await self._restore()

    async def _restore(self) -> None:
        """Set right what a switchover has changed that ended together with the predecessor of this process."""
        while True:
            try:
                await self._runner.restore()
                return await self._preference.restore()
            except (LookupError, OSError, RedisError):
                # Redis does not answer yet.
                await asyncio.sleep(_AGAIN_SECONDS)

    def _log(self, reply: ControlReply) -> None:
        if reply.ok:
            log.info("switched_over", instance=self._instance, member=self._name, primary=reply.primary, seconds=reply.seconds)
        else:
            log.warning("not_switched_over", instance=self._instance, member=self._name, reason=reply.message)


def _not_primary(seen: Observation) -> ControlReply:
    return ControlReply(True, f"{seen.me} is not the primary", primary=seen.named.name if seen.named is not None else None)
