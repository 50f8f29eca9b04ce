"""Messages of SUBSCRIBE, PSUBSCRIBE and MONITOR, from the events that the gateway sends: as the replies that Redis pushes. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from kuberedis_dashboard.redis.replies import Reply, Status

KINDS = {b"SUBSCRIBE": "subscribe", b"PSUBSCRIBE": "psubscribe", b"MONITOR": "monitor"}
"""The stream of each command."""


def pushed(data: bytes, kind: str, names: Sequence[bytes]) -> Reply:
    """The reply of an event.

    Args:
        data: Data of the event, such as `message,news,hello`.
        kind: The stream.
        names: The channels or patterns that were asked for, which may have commas themselves.
    """
    if kind == "monitor":
        return Status(data.removeprefix(b'"').removesuffix(b'"'))
    what, _, rest = data.partition(b",")
    if what == kind.encode():
        name, _, count = rest.rpartition(b",")
        return [what, name, int(count) if count.isdigit() else count]
    name = next((name for name in names if rest.startswith(name + b",")), rest.partition(b",")[0])
    rest = rest[len(name) + 1 :]
    return [what, name, *(rest.split(b",", 1) if what == b"pmessage" else [rest])]
