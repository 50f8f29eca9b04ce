"""How a limit of concurrency is divided between grants. Pure.

One token, or many with equal rights, must not lock out the others, and all tokens together must not lock out the instance's key. So one
grant has a quarter of a limit at most, and the last quarter is left to the key. The key itself, and a token with all of its rights, may
use whatever is free.
"""

from __future__ import annotations

from kuberedis_sidecar.auth.acl import FULL, Grant
from kuberedis_sidecar.errors import Limit, TooManyRequests

_PARTS = 4

# How a limit is called, in the plural, and its name in a manifest.
_NAMES = {
    Limit.REQUESTS: ("requests", "limits.maxRequests"),
    Limit.BLOCKING: ("blocking commands", "limits.maxBlockingConnections"),
    Limit.SUBSCRIBERS: ("subscribers", "limits.maxSubscribers"),
}


def share_of_a_grant(limit: int) -> int:
    """How much of a limit one grant may have, unless it is that of the key."""
    return max(1, limit // _PARTS)


def share_of_tokens(limit: int) -> int:
    """How much of a limit all grants together may have, apart from that of the key."""
    return max(1, limit - limit // _PARTS)


def refusal(
    kind: Limit, limit: int, grant: Grant, used: int, used_by_key: int, used_by_grant: int, workers: int = 1
) -> TooManyRequests | None:
    """Why one more would exceed its share of a limit; None if it would not.

    Args:
        kind: What is limited.
        limit: The limit.
        grant: Grant of the one more.
        used: How many there are.
        used_by_key: How many of them are the key's.
        used_by_grant: How many of them are of `grant`.
        workers: How many workers have such a limit each.
    """
    what, setting = _NAMES[kind]
    if workers > 1:
        setting += f", divided between {workers} workers"
    if used >= limit:
        return TooManyRequests(f"too many {what} at once for this instance, which allows {limit} ({setting}); try again soon", kind)
    if grant == FULL:
        return None
    if used_by_grant >= (share := share_of_a_grant(limit)):
        whose = f"for one token, or several with equal rights, which may have {share} of the {limit} of this instance ({setting})"
        return TooManyRequests(f"too many {what} at once {whose}; try again soon", kind)
    if used - used_by_key >= (share := share_of_tokens(limit)):
        whose = f"for tokens, which may have {share} of the {limit} of this instance ({setting})"
        return TooManyRequests(f"too many {what} at once {whose}; try again soon", kind)
    return None


class Slots:
    """Counts what is in use of one limit, by grant.

    Args:
        kind: What is limited.
        limit: The limit.
        workers: How many workers have such a limit each.
    """

    def __init__(self, kind: Limit, limit: int, workers: int = 1) -> None:
        self._workers = workers
        self._kind = kind
        self._limit = limit
        self._used: dict[Grant, int] = {}
        self.used = 0
        """How many are in use."""

    def take(self, grant: Grant) -> None:
        """Count one in.

        Raises:
            TooManyRequests: There is none left for this grant; it is not counted.
        """
        used_by_grant = self._used.get(grant, 0)
        refused = refusal(self._kind, self._limit, grant, self.used, self._used.get(FULL, 0), used_by_grant, self._workers)
        if refused is not None:
            raise refused
        self.used += 1
        self._used[grant] = used_by_grant + 1

    def give_back(self, grant: Grant) -> None:
        """Count one out."""
        self.used -= 1
        self._used[grant] -= 1
        if not self._used[grant]:
            del self._used[grant]
