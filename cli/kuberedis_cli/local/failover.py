"""Has another member of an instance become the primary: planned, as in a cluster, or because the primary's server is killed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from kuberedis_cli.errors import LocalModeError
from kuberedis_cli.local.replication import Replication
from kuberedis_cli.local.supervised_member import SupervisedMember
from kuberedis_core.member_control import MAX_LINE_BYTES, SOCKET_NAME, ControlReply, ControlRequest, dump, load_reply
from kuberedis_sidecar.replication.switchover import Reason
from kuberedis_sidecar.settings import Settings

REDUNDANT_SECONDS = 20.0
"""Time for all members to be in sync first, and for all Sentinels to hear of that."""
MOVE_SECONDS = 30.0


async def fail_over(
    replication: Replication, members: Mapping[str, SupervisedMember], settings: Iterable[Settings], *, kill: bool
) -> ControlReply:
    """Make another member the primary.

    Args:
        replication: The members as they are seen.
        members: The same by name.
        settings: Settings of their sidecars.
        kill: Whether to kill the primary's server, in place of a planned switchover.

    Returns:
        Who is the primary now, and for how long writes waited.

    Raises:
        LocalModeError: There is no other primary; the text says why.
    """
    previous = await replication.until_redundant(REDUNDANT_SECONDS)
    began = time.monotonic()
    if kill:
        members[previous].kill()
        primary = await replication.until_moved(previous, MOVE_SECONDS)
        return ControlReply(True, f"{previous} was killed", primary=primary, seconds=round(time.monotonic() - began, 3))
    run_dir = next(one.members.run_dir for one in settings if one.members is not None and one.members.name == previous)
    reply = await _switch_over(run_dir)
    if reply.reason == Reason.NO_PROMOTION.value:
        # The sidecar holds writes back no longer, and Sentinel goes on: where the machine is busy it promotes a moment later.
        primary = await replication.until_moved(previous, MOVE_SECONDS)
        return ControlReply(True, f"{primary} was promoted late", primary=primary, seconds=round(time.monotonic() - began, 3))
    if not reply.ok:
        raise LocalModeError(reply.message)
    await replication.until_moved(previous, MOVE_SECONDS)
    return reply


async def _switch_over(run_dir: Path) -> ControlReply:
    """The reply of the primary's sidecar."""
    try:
        async with asyncio.timeout(MOVE_SECONDS):
            reader, writer = await asyncio.open_unix_connection(run_dir / SOCKET_NAME, limit=MAX_LINE_BYTES)
            try:
                writer.write(dump(ControlRequest("switchover")))
                return load_reply(await reader.readline())
            finally:
                writer.close()
    except (OSError, ValueError) as error:  # TimeoutError included
        raise LocalModeError(f"the sidecar of the primary does not answer: {error or 'it takes too long'}") from None
