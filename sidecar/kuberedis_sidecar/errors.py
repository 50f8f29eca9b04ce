"""The exceptions of the sidecar, in one tree.

    SidecarError
    ├── UnusableKey          the mounted Secret has no usable key
    ├── BasePathTaken        two instances of one server want the same base path
    ├── TokenError           a token is refused
    ├── Unauthorized         401: the credential of a request is refused
    ├── BadRequest           400: the request has to be written differently
    │   ├── BadURL           a malformed escape in the path or the query
    │   ├── BadBody          the body is not what the route takes
    │   └── BadCommand       a command that is never sent to Redis
    ├── BodyTooLarge         413: the body is over the limit
    ├── UnsupportedCoding    415: the body is compressed in a way that the gateway does not know
    ├── TooManyRequests      429: a limit of concurrency, or of memory, is reached
    ├── AnswerTooLarge       413: the replies to commands do not fit into the memory of the gateway
    └── RedisError
        ├── ErrorReply       an error that Redis replied with
        ├── UnreadableReply  its bytes are no reply
        └── RedisUnavailable 503: Redis cannot be reached, or did not reply
            ├── RedisTimeout it did not reply in time
            ├── NotPrimary   no primary is known, or the server at its address is a replica
            └── NotExecuted  another server became the primary before the commands were executed

The text of each is written for the client or the operator who reads it, and never contains a secret. A setting that does not fit is
a `kuberedis_core.environment.SettingsError`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class SidecarError(Exception):
    """Any error of the sidecar."""


class UnusableKey(SidecarError, ValueError):
    """The mounted Secret has no usable key; the text names the file and never its content."""


class BasePathTaken(SidecarError, ValueError):
    """Another instance of the server has this base path."""


class TokenError(SidecarError, ValueError):
    """A token is refused; the text says why and contains nothing of the token or the key."""


class Unauthorized(SidecarError):
    """The credential of a request is refused; the text says why and contains nothing of it."""


class BadRequest(SidecarError):
    """A request has to be written differently; the text says how."""


class BadURL(BadRequest):
    """The path or the query has a percent sign that is not followed by two hexadecimal digits."""


class BadBody(BadRequest):
    """The body does not fit the route; the text says what to send."""


class BadCommand(BadRequest):
    """A command that is never sent to Redis; the text is its error."""


class BodyTooLarge(SidecarError):
    """The body of a request is over the limit."""


class UnsupportedCoding(SidecarError):
    """The body of a request has a content coding that the gateway does not decode."""


class Limit(StrEnum):
    """What a gateway has a limited amount of."""

    REQUESTS = "requests"
    BLOCKING = "blocking"
    """Connections for commands that may block."""
    SUBSCRIBERS = "subscribers"
    MEMORY = "memory"
    SCRIPTS = "scripts"
    """Time for the scripts of a grant."""


class TooManyRequests(SidecarError):
    """A limit of concurrency, or of memory, is reached; the text names it.

    Attributes:
        limit: The limit.
        retry_after: Seconds after which it may be different.
    """

    def __init__(self, text: str, limit: Limit = Limit.MEMORY, retry_after: float = 1.0) -> None:
        super().__init__(text)
        self.limit = limit
        self.retry_after = retry_after


class AnswerTooLarge(SidecarError):
    """The replies to commands do not fit into the memory of the gateway; the text says which commands were carried out."""


class RedisError(SidecarError):
    """A command has no result."""


class ErrorReply(RedisError):
    """An error that Redis replied with; the text is Redis' own, without the leading minus."""


class UnreadableReply(RedisError):
    """What Redis sent is no reply; the text says why."""


class RedisUnavailable(RedisError):
    """Redis cannot be reached or did not reply; the text says which, and whether a command may have been executed."""


class RedisTimeout(RedisUnavailable):
    """No reply within the time limit of a request."""


class NotPrimary(RedisUnavailable):
    """No primary is known, or the server at its address is a replica."""


class NotExecuted(RedisUnavailable):
    """Another server became the primary before commands were executed, or it makes no difference whether they were.

    Attributes:
        replies: Replies to the first of the commands, which were executed.
    """

    def __init__(self, replies: list[Any]) -> None:
        super().__init__("another server became the primary of this instance; the command was not carried out")
        self.replies = replies
