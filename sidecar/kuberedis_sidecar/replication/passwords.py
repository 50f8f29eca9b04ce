"""The password of replicas and Sentinels, and what else a member's own servers cannot have in their configuration: made what the files and
the settings say whenever these, or the servers, change.

A password is rotated without a login that fails. While the files hold two, every server accepts both, and goes on to log in to others with
the previous one until all others have been seen to accept the current one.
"""

from __future__ import annotations

import asyncio

from kuberedis_core.logging import log
from kuberedis_core.members import MemberAddress, Members
from kuberedis_core.redis_users import ADMINISTRATOR, SENTINEL_USER, default_user, replication_users
from kuberedis_sidecar.errors import ErrorReply, RedisError
from kuberedis_sidecar.redis.login import read_passwords
from kuberedis_sidecar.redis.replies import Command
from kuberedis_sidecar.replication.nodes import Node, Nodes
from kuberedis_sidecar.settings import MemberSettings

_EVERY_SECONDS = 1.0
_LIMIT_SECONDS = 0.5

_PING_SECONDS = 0.5
"""How often a Sentinel asks a server whether it is there, which is what it notices a server's end with; a second by default."""
INFO_SECONDS = 1.0
"""How often it asks what a server is, which is how old at most what it chooses a replica by is; ten seconds by default."""


class ReplicationPasswords:
    """The passwords of one member's Redis and Sentinel.

    Args:
        instance: Name of the instance, by which Sentinels know the primary.
        member: Name of the member, its password file, and when Sentinels take a primary for dead.
        nodes: Connections to all members.
    """

    def __init__(self, instance: str, member: MemberSettings, nodes: Nodes) -> None:
        self._instance = instance
        self._member = member
        self._nodes = nodes
        self._clock = asyncio.get_running_loop().time
        self._read_at = float("-inf")
        self._passwords: list[str] = []
        # Members that were seen to accept the current password, while there is a previous one.
        self._accepting: set[str] = set()
        # What each server was told last. One that restarts has what its files say, so that it counts for one connection only.
        self._told: dict[Node, object] = {}
        self._problem = ""

    async def apply(self, members: Members) -> bool:
        """Tell the own servers what they have not been told, and return whether the own Redis can follow another one now."""
        now = self._clock()
        if now >= self._read_at + _EVERY_SECONDS:
            self._read_at = now
            await self._read(members)
        if not self._passwords:
            return False
        everybody = len(self._passwords) == 1 or all(member.name in self._accepting for member in members)
        sent = self._passwords[0 if everybody else -1]
        redis, sentinel = self._nodes.own_redis, self._nodes.own_sentinel
        can_follow, _ = await asyncio.gather(
            self._tell(redis, _for_redis(self._passwords, sent, members[self._member.name])),
            self._tell(sentinel, _for_sentinel(self._passwords, sent, self._instance, self._member.detect_after_seconds)),
        )
        return can_follow

    async def _read(self, members: Members) -> None:
        try:
            passwords = read_passwords(self._member.replication_password_file)
        except OSError as error:
            self._report(error.strerror or str(error))
            return
        if passwords != self._passwords:
            self._passwords, self._accepting = passwords, set()
        if len(passwords) > 1:
            waited_for = [member for member in members if member.name not in self._accepting]
            answers = await asyncio.gather(*(self._accepts(member, passwords[0]) for member in waited_for))
            self._accepting |= {member.name for member, accepts in zip(waited_for, answers, strict=True) if accepts}

    async def _accepts(self, member: MemberAddress, password: str) -> bool:
        redis, sentinel = self._nodes.redis_of(member), self._nodes.sentinel_of(member)
        answers = await asyncio.gather(
            redis.accepts(SENTINEL_USER, password, seconds=_LIMIT_SECONDS),
            sentinel.accepts(ADMINISTRATOR, password, seconds=_LIMIT_SECONDS),
        )
        return all(answers)

    async def _tell(self, node: Node, commands: list[Command]) -> bool:
        """Send commands unless they were the last ones on this connection; whether the server has carried them out."""
        if node.connects and self._told.get(node) == (node.connects, commands):
            return True
        try:
            replies = await node.ask(*commands, seconds=_LIMIT_SECONDS)
        except (OSError, RedisError):
            return False
        for reply in replies:
            if isinstance(reply, ErrorReply):
                self._report(str(reply))
                return False
        self._told[node], self._problem = (node.connects, commands), ""
        log.info(
            "replication_settings_applied",
            instance=self._instance,
            server="redis" if node is self._nodes.own_redis else "sentinel",
            previous_password_valid=len(self._passwords) > 1,
        )
        return True

    def _report(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            log.error("replication_settings_unusable", instance=self._instance, reason=problem, consequence="they stay what they are")


def _for_redis(passwords: list[str], sent: str, member: MemberAddress) -> list[Command]:
    return [
        *(("ACL", "SETUSER", user, *rules) for user, rules in replication_users(passwords).items()),
        ("CONFIG", "SET", "masterauth", sent),
        ("CONFIG", "SET", "replica-announce-ip", member.host),
        ("CONFIG", "SET", "replica-announce-port", member.redis_port),
    ]


def _for_sentinel(passwords: list[str], sent: str, instance: str, detect_after_seconds: float) -> list[Command]:
    return [
        ("ACL", "SETUSER", ADMINISTRATOR, *default_user(passwords)),
        ("SENTINEL", "CONFIG", "SET", "sentinel-pass", sent),
        ("SENTINEL", "SET", instance, "auth-user", SENTINEL_USER),
        ("SENTINEL", "SET", instance, "auth-pass", sent),
        ("SENTINEL", "SET", instance, "down-after-milliseconds", round(1000 * detect_after_seconds)),
        ("SENTINEL", "DEBUG", "PING-PERIOD", round(1000 * _PING_SECONDS), "INFO-PERIOD", round(1000 * INFO_SECONDS)),
    ]
