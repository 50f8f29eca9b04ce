"""Members whose Redis and Sentinel say what a test wants."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from kuberedis_core import members
from kuberedis_core.members import MemberAddress
from kuberedis_sidecar.replication.observation import Address, NodeInfo
from kuberedis_sidecar.settings import MemberSettings, Settings
from tests.harness.scripted_server import ScriptedServer, Words, array, bulk
from tests.harness.sidecar import make_auth_dir

_QUESTIONS = {"AUTH", "INFO", "DBSIZE", "PING"}


class ScriptedMember:
    """One member, whose Redis is `node`; None replies to nothing. Its Sentinel names `primary`, with `flags`. Both accept `passwords`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.node: NodeInfo | None = None
        self.primary: Address = ("127.0.0.1", 0)
        self.flags = "master"
        self.passwords = {"secret", "replication"}
        self.redis = ScriptedServer(self._answer_of_redis)
        self.sentinel = ScriptedServer(self._answer_of_sentinel)

    @property
    def address(self) -> MemberAddress:
        """Where it is reached."""
        return MemberAddress(name=self.name, host="127.0.0.1", redis_port=self.redis.port, sentinel_port=self.sentinel.port)

    @property
    def announced(self) -> Address:
        """Address of its Redis."""
        return ("127.0.0.1", self.redis.port)

    def changes(self, *names: str) -> list[str]:
        """The commands that its Redis got and that change something; with `names`, only these."""
        lines = (" ".join(words) for words in self.redis.commands if words[0] not in _QUESTIONS)
        return [line for line in lines if not names or line.startswith(names)]

    def failovers(self) -> int:
        """How many times its Sentinel was asked to fail over."""
        return sum(words[:2] == ["SENTINEL", "FAILOVER"] for words in self.sentinel.commands)

    def _answer_of_redis(self, words: Words) -> bytes | None:
        if self.node is None:
            return None
        match words[0]:
            case "AUTH":
                return self._answer_to_login(words)
            case "INFO":
                return bulk(_info(self.node))
            case "DBSIZE":
                return b"-LOADING Redis is loading\r\n" if self.node.keys is None else b":%d\r\n" % self.node.keys
            case "EXEC":
                return b"*0\r\n"
        return b"+OK\r\n"

    def _answer_to_login(self, words: Words) -> bytes:
        return b"+OK\r\n" if words[-1] in self.passwords else b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"

    def _answer_of_sentinel(self, words: Words) -> bytes | None:
        if words[0] == "AUTH":
            return self._answer_to_login(words)
        match words[1:2]:
            case ["MASTER"]:
                host, port = self.primary
                return array("ip", host, "port", str(port), "flags", self.flags, "config-epoch", "1")
            case ["REPLICAS"]:
                return b"*0\r\n"
        return b"+OK\r\n"


@asynccontextmanager
async def scripted_members(folder: Path) -> AsyncIterator[tuple[list[ScriptedMember], Settings, MemberSettings]]:
    """Three members that listen, and the settings of the sidecar of the first."""
    async with AsyncExitStack() as stack:
        scripted = [ScriptedMember(name) for name in "abc"]
        for member in scripted:
            for server in (member.redis, member.sentinel):
                await stack.enter_async_context(server.listening())
        password, replication_password, members_file = folder / "password", folder / "replication", folder / "members.json"
        password.write_text("secret")
        replication_password.write_text("replication")
        members_file.write_text(members.dump([member.address for member in scripted]))
        settings = Settings(
            instance="cache", auth_dir=make_auth_dir(folder), base_path="/", redis=scripted[0].redis.address, redis_password_file=password
        )
        yield (
            scripted,
            settings,
            MemberSettings(
                name="a",
                members_file=members_file,
                sentinel=scripted[0].sentinel.address,
                replication_password_file=replication_password,
                run_dir=folder,
                detect_after_seconds=2,
            ),
        )


def _info(node: NodeInfo) -> str:
    fields: dict[str, object] = {
        "role": "master" if node.role == "primary" else "slave",
        "master_replid": node.replid,
        "master_replid2": node.replid2,
        "master_repl_offset": node.offset,
        "second_repl_offset": node.second_offset,
    }
    if node.follows is not None:
        fields |= {
            "master_host": node.follows[0],
            "master_port": node.follows[1],
            "master_link_status": "up" if node.link_up else "down",
            "master_sync_in_progress": int(node.syncing),
            "master_link_down_since_seconds": 0 if node.was_linked else -1,
            "slave_priority": 100 if node.eligible else 0,
        }
    return "".join(f"{name}:{value}\r\n" for name, value in fields.items())
