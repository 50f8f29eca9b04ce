"""Commands to the Redis of an instance, on behalf of a user.

They go through the sidecar like those of any client, with a token that lives for a minute, has the user's name in it, and permits what its
scope says: what a page may do is decided by Redis' ACL and not by the page. Arguments and replies are bytes, and none of them is in a URL.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Mapping

import orjson

from kuberedis_core.acl_rule import Scope
from kuberedis_core.crd.names import NamespacedName
from kuberedis_core.credentials import Token
from kuberedis_core.instance_secret import Signing
from kuberedis_core.one_line import one_line
from kuberedis_core.signing import mint
from kuberedis_dashboard.errors import Conflict, DashboardError, Invalid, NotAllowed, Unavailable
from kuberedis_dashboard.gateway.gateways import MOST_BYTES, SECONDS, Answer, Call, Gateways
from kuberedis_dashboard.redis.replies import ErrorReply, Reply, parse

TOKEN_SECONDS = 60

# Every key and channel, as without it; but a grant of its own. The sidecar refuses the scripts of a grant for a while if one of them runs
# for too long, and those of applications shall not be among them.
_RULE = "allkeys allchannels"
_RENEWED_AFTER_SECONDS = 30
_LONGEST_ERROR = 500

_ADVICE = {
    401: "The instance may not know its newest key yet: try again in a minute.",
    413: "Ask for less at once, for example by GETRANGE, LRANGE or SCAN.",
    429: "Try again in a few seconds.",
}
_NOT_PERMITTED_IN_SCRIPT = ("can't run this command", "ACL failure in script")
"""How Redis and Valkey word a NOPERM of a command that a script calls."""
_TRY_AGAIN = "Try again; if it stays so, look at the page of the instance."


class RedisClient:
    """Runs commands, one after the other or at once.

    Args:
        gateways: The way to the sidecar.
        instance: The instance; its user has shown that they may see it.
        base_path: Path of the instance's API, such as `/instances/my-cache`.
        signing: Its keys and terms, from the Secret that the user may read.
        user: Name of the user; empty if it is not known.
        scope: The most that a command may do.
    """

    def __init__(
        self, gateways: Gateways, instance: NamespacedName, base_path: str, signing: Signing, *, user: str, scope: Scope = Scope.READ
    ) -> None:
        self._gateways = gateways
        self._instance = instance
        self._path = f"{base_path}/raw-command"
        self._signing = signing
        self._user = user
        self._scope = scope
        self._token = Token("")
        self._signed_at = float("-inf")

    async def run(self, *command: bytes | str | int, most_bytes: int = MOST_BYTES, seconds: float = SECONDS) -> Reply:
        """The reply to a command, an error of Redis' among them.

        Args:
            command: Name and arguments.
            most_bytes: Bytes of the reply.
            seconds: How long it may take.

        Raises:
            Unavailable: The sidecar does not answer, or refuses to send the command to Redis; the message has its words.
        """
        name, *arguments = command
        encoded = [b64encode(each if isinstance(each, bytes) else str(each).encode()).decode() for each in arguments]
        text = name.decode(errors="replace") if isinstance(name, bytes) else str(name)
        body = orjson.dumps({"command": text, "args": encoded, "encoding": "base64"})
        call = Call(self._path, "POST", self._headers(), body, most_bytes, seconds)
        return _reply(await self._gateways.fetch(self._instance, call))

    async def result(self, *command: bytes | str | int, most_bytes: int = MOST_BYTES) -> Reply:
        """As `run`, for commands that succeed unless something is wrong.

        Raises:
            NotAllowed: Redis' ACL refuses the command.
            Conflict: The key holds another type than it did.
            Invalid: Redis refuses the command otherwise.
            Unavailable: As `run`.
        """
        reply = await self.run(*command, most_bytes=most_bytes)
        if isinstance(reply, ErrorReply):
            raise _refusal(reply)
        return reply

    def _headers(self) -> Mapping[str, str]:
        if time.monotonic() - self._signed_at > min(_RENEWED_AFTER_SECONDS, self._seconds / 2):
            self._token = mint(
                self._signing.keys[0],
                self._instance.name,
                ttl_seconds=self._seconds,
                scope=self._scope.value,
                acl=_RULE,
                subject=self._user or None,
            )
            self._signed_at = time.monotonic()
        return {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Upstash-Response-Format": "resp2",
        }

    @property
    def _seconds(self) -> int:
        return min(TOKEN_SECONDS, self._signing.max_token_seconds or TOKEN_SECONDS)


def _reply(answer: Answer) -> Reply:
    if not answer.headers.get("Content-Type", "").startswith("application/octet-stream"):
        raise _not_sent(answer)
    try:
        return parse(answer.body)
    except ValueError as error:
        raise Unavailable(f"the answer of the sidecar cannot be used: {one_line(str(error))}", _TRY_AGAIN) from None


def _not_sent(answer: Answer) -> Unavailable:
    """The sidecar's own errors are JSON."""
    try:
        said = orjson.loads(answer.body)["error"]
    except (ValueError, KeyError, TypeError, IndexError):
        said = f"status {answer.status}"
    problem = one_line(str(said))[:_LONGEST_ERROR].removeprefix("ERR ")
    return Unavailable(f"the sidecar refused the command: {problem}", _ADVICE.get(answer.status, _TRY_AGAIN))


def _refusal(reply: ErrorReply) -> DashboardError:
    text = one_line(reply)[:_LONGEST_ERROR]
    if reply.startswith("NOPERM") or any(words in reply for words in _NOT_PERMITTED_IN_SCRIPT):
        return NotAllowed("Redis does not permit it with this scope", "Allow writes, if that is what you want.")
    if reply.startswith("WRONGTYPE"):
        return Conflict("the key holds a value of another type by now", "Open the key again.")
    if reply.startswith("OOM"):
        return Unavailable("the instance has no memory left for it", "Delete keys, or raise its memory.")
    return Invalid(f"Redis refused it: {text.removeprefix('ERR ')}", "Correct what it complains about, and try again.")
