"""What happens before a member's pod ends: its sidecar hands the role of the primary over, and serves until no more requests come.

Kubernetes runs the preStop hooks of all containers at once, while it takes the pod out of the Service. Redis and Sentinel wait in theirs
until the sidecar has removed a file, so that it decides when they end; it ends itself last. Those of a primary end as soon as it has
handed its role over. Those of a replica, which nobody should promote from now on, stay for as long as a switchover could take that began
before the others knew: otherwise members that end together lose what the promoted one has acknowledged, and whom Sentinels promoted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from kuberedis_core.member_control import ControlReply
from kuberedis_sidecar.replication.switchover import Reason

SERVE_SECONDS = 5.0
"""How long an Ingress controller may take to send requests elsewhere, counted from the beginning of the end. Contour took up to 1.7 s after
`kubectl delete pod` on a busy cluster."""
LAST_SECONDS = 2.0
"""How long the sidecar stays at least, if it could not hand over: when Redis has ended, its agent has another one promoted."""
HAND_OVER_SECONDS = 10.0
"""How long to try: a replica may have to catch up first. Less than the 15 s for which Redis and Sentinel wait."""
_HOPELESS_SECONDS = 2.0
"""How long to try when nobody is there who could take the role, as when all pods end at once."""
_PAUSE_SECONDS = 0.25

_HOPELESS = frozenset({Reason.NO_QUORUM.value, Reason.NO_REPLICA.value, Reason.REDIS_UNAVAILABLE.value})
_NOT_NEEDED = Reason.NOT_PRIMARY.value


async def hand_over(switch_over: Callable[[], Awaitable[ControlReply]]) -> ControlReply:
    """Try to hand the role of the primary over, if this member has it.

    Args:
        switch_over: Tries once.

    Returns:
        The last reply.
    """
    clock = asyncio.get_running_loop().time
    began = clock()
    while True:
        reply = await switch_over()
        limit = _HOPELESS_SECONDS if reply.reason in _HOPELESS else HAND_OVER_SECONDS
        if reply.ok or reply.reason == _NOT_NEEDED or clock() - began >= limit:
            return reply
        await asyncio.sleep(_PAUSE_SECONDS)
