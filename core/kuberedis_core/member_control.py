"""The control socket of a member: a Unix socket on which its sidecar takes one request, a line of JSON, and sends one reply, another line.

Clients are `kuberedis-sidecar pre-stop`, `kuberedis-sidecar prefer` and `kuberedis-sidecar switchover`, which print the reply. The command
line reads it there.
"""

from __future__ import annotations

import json
from typing import Literal, NamedTuple, cast, get_args

SOCKET_NAME = "control.sock"
"""In the folder that the containers of the pod share."""
MARK_NAME = "in-use"
"""Name of the file in that folder that exists until the member may end. While it exists, Redis and Sentinel do not stop."""
MAX_LINE_BYTES = 4096

Verb = Literal["pre-stop", "prefer", "switchover"]


class ControlRequest(NamedTuple):
    """What a client asks for."""

    verb: Verb
    to: str | None = None
    """The member that shall be the primary, with `switchover`; None for any."""


class ControlReply(NamedTuple):
    """How it went."""

    ok: bool
    message: str
    reason: str = ""
    """Why it was not done, as a word for programs; empty if it was."""
    primary: str | None = None
    """Name of the member that is the primary now, as far as this one knows."""
    seconds: float | None = None
    """For how long writes waited."""


def dump(line: ControlRequest | ControlReply) -> bytes:
    """The line, with its end."""
    return json.dumps(line._asdict()).encode() + b"\n"


def load_request(line: bytes) -> ControlRequest:
    """The request in a line.

    Raises:
        ValueError: It is none.
    """
    fields = _fields(line)
    verb, to = fields.get("verb"), fields.get("to")
    if verb not in get_args(Verb) or not isinstance(to, str | None):
        raise ValueError("not a request")
    return ControlRequest(cast("Verb", verb), to)


def load_reply(line: bytes | str) -> ControlReply:
    """The reply in a line; members that are not known are left out.

    Raises:
        ValueError: It is none.
    """
    fields = _fields(line)
    try:
        return ControlReply(**{name: fields[name] for name in ControlReply._fields if name in fields})  # type: ignore[arg-type]
    except TypeError:
        raise ValueError("not a reply") from None


def _fields(line: bytes | str) -> dict[str, object]:
    try:
        fields = json.loads(line)
    except RecursionError:
        raise ValueError("it is too deep") from None
    if not isinstance(fields, dict):
        raise ValueError("not an object")
    return fields
