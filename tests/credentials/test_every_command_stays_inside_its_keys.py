"""The whole command table of the server: no command that a grant for `user:*` may use reads or writes outside of its pattern."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import redis
from redis.exceptions import NoPermissionError, ResponseError

from kuberedis_core.acl_rule import Scope, parse_rule
from kuberedis_sidecar.auth.acl import Grant, user_rules
from kuberedis_sidecar.redis.command_table import CommandTable, Dispatch
from tests.credentials.conftest import SECRET
from tests.credentials.generated_calls import argument, arguments_by_number, calls, pairs, text, with_foreign_key
from tests.harness.redis_server import RedisServer

pytestmark = pytest.mark.every_server

USER = "narrow"
KINDS = ("string", "list", "hash", "set", "zset", "stream", "hyperloglog", "missing")

# Words that make a parser take what follows for a key, for a number or for an option.
POOL = ("user:string", "1", "STORE", "STREAMS")

# Redis counts arguments before it looks at keys, and XREAD pairs its keys with ids afterwards.
_NOT_EXECUTED = re.compile("(?i)wrong number of arguments|unbalanced|not allowed inside a transaction")
_REFUSED = "(?i)permission|can't (run|access)|not allowed from script|DB index is out of range"


@dataclass(frozen=True)
class Command:
    """A command that the grant may use: its name, the fewest arguments after the name, and whether its reply is up to chance."""

    name: str
    fewest: int
    random: bool


@pytest.fixture(scope="module")
def administrator(redis_server: RedisServer) -> Iterator[Any]:
    """The default user, with the replies of COMMAND as Redis sends them."""
    with redis.Redis(port=redis_server.port, password=redis_server.password, protocol=2) as client:
        client.response_callbacks.clear()
        yield client
        client.execute_command("ACL", "DELUSER", USER)


@pytest.fixture(scope="module")
def table(administrator: Any) -> CommandTable:
    """The table as the sidecar reads it."""
    return CommandTable.from_reply(administrator.execute_command("COMMAND"))


@pytest.fixture(scope="module")
def narrow(redis_server: RedisServer, administrator: Any, table: CommandTable) -> Iterator[Any]:
    """A client with the strongest grant for `user:*` that there is."""
    make_user(administrator, table, USER, "~user:* &* +@all")
    with redis.Redis(port=redis_server.port, username=USER, password="secret", protocol=2) as client:  # noqa: S106 of a server on loopback
        client.response_callbacks.clear()
        yield client


@pytest.fixture(scope="module")
def permitted(administrator: Any, table: CommandTable, narrow: Any) -> list[Command]:  # noqa: ARG001 the user must be there
    """The commands and subcommands that the user may call, by what Redis itself says, and that the gateway sends."""
    found = []
    for entry in administrator.execute_command("COMMAND"):
        if table.dispatch([entry[0]]) is Dispatch.REFUSED:
            continue
        for command in entry[9] or [entry]:
            words = text(command[0]).split("|")
            fewest = max(abs(command[1]) - len(words), 0)
            verdict = text(administrator.execute_command("ACL", "DRYRUN", USER, *words, *["user:1"] * fewest))
            if verdict == "OK" or "access a key" in verdict or "access at least one of the keys" in verdict:
                found.append(Command(text(command[0]).lower(), fewest, any(b"nondeterministic" in tip for tip in command[7])))
    return found


def make_user(administrator: Any, table: CommandTable, name: str, acl: str) -> None:
    """Make a user as the sidecar does for an administrator's token with this `acl` claim."""
    rules = user_rules(Grant(Scope.ADMIN, parse_rule(acl)), table.names, table.bound)
    administrator.execute_command("ACL", "SETUSER", name, "reset", "on", ">secret", *rules)


def fill(administrator: Any, *, secrets: bool) -> None:
    """Fresh keys of every kind, those of the user and, if `secrets` is set, the same of somebody else."""
    administrator.flushall()
    for owner, value in [("user", "mine"), *([("secret", SECRET)] if secrets else [])]:
        administrator.set(f"{owner}:string", value)
        administrator.rpush(f"{owner}:list", value, "1")
        administrator.hset(f"{owner}:hash", "f", value)
        administrator.sadd(f"{owner}:set", value, "1")
        administrator.zadd(f"{owner}:zset", {value: 1})
        administrator.xadd(f"{owner}:stream", {"f": value}, id="1-1")
        for group in ("streams", "group"):
            administrator.xgroup_create(f"{owner}:stream", group, "0")
        administrator.pfadd(f"{owner}:hyperloglog", value)


def outside(administrator: Any) -> dict[bytes, Any]:
    """Every key that is not the user's, with its content and its time to live."""
    keys = [key for key in administrator.keys("*") if not key.startswith(b"user:")]
    return {key: (administrator.dump(key), administrator.pttl(key)) for key in keys}


def replies(client: Any, commands: list[list[str]]) -> list[Any]:
    """The reply to each command; in a transaction of its own, so that none waits."""
    pipeline = client.pipeline(transaction=False)
    pipeline.response_callbacks.clear()
    for command in commands:
        for part in (["MULTI"], command, ["EXEC"]):
            # Not `execute_command`, which handles MULTI itself.
            pipeline.pipeline_execute_command(*part)
    raw = pipeline.execute(raise_on_error=False)
    return [queued if isinstance(queued, Exception) else done[0] for queued, done in zip(raw[1::3], raw[2::3], strict=True)]


def test_every_key_of_a_documented_call_is_checked(administrator: Any, narrow: Any, permitted: list[Command]) -> None:
    documented = {text(name): pairs(members) for name, members in pairs(administrator.execute_command("COMMAND", "DOCS")).items()}
    for members in list(documented.values()):
        documented |= {text(name): pairs(sub) for name, sub in pairs(members.get("subcommands", {})).items()}
    fill(administrator, secrets=True)
    generated = [
        call
        for command in permitted
        for form in calls(command.name, [argument(one) for one in documented[command.name].get("arguments", ())])
        for kind in KINDS
        for call in with_foreign_key(form, f"user:{kind}", f"secret:{kind}")
    ]
    assert len(generated) > 4000
    answered = zip(generated, replies(narrow, generated), strict=True)
    let_through = [(call, reply) for call, reply in answered if not isinstance(reply, NoPermissionError)]
    assert [(call, reply) for call, reply in let_through if not _NOT_EXECUTED.search(str(reply))] == []


def test_no_arrangement_of_arguments_reaches_another_key(administrator: Any, narrow: Any, permitted: list[Command]) -> None:
    for command in permitted:
        generated = [
            [*command.name.split("|"), *arguments]
            for kind in ("string", "zset")
            for arguments in arguments_by_number(command.fewest, f"secret:{kind}", POOL)
        ]
        fill(administrator, secrets=False)
        without = replies(narrow, generated)
        assert outside(administrator) == {}, command
        fill(administrator, secrets=True)
        before = outside(administrator)
        with_secrets = replies(narrow, generated)
        assert outside(administrator) == before, command
        assert SECRET not in str(with_secrets), command
        if not command.random:
            # What somebody else has makes no difference at all.
            assert list(map(str, with_secrets)) == list(map(str, without)), command


ATTACKS = [
    # The second STORE counts, and Redis checks the first.
    ["GEORADIUS", "user:geo", "0", "0", "1", "m", "STORE", "user:new", "STORE", "secret:string"],
    ["GEORADIUSBYMEMBER", "user:geo", "m", "1", "m", "STORE", "user:new", "STORE", "secret:string"],
    # No specification applies to a single key.
    ["PFMERGE", "secret:new"],
    ["PFMERGE", "secret:hyperloglog"],
    ["RESTORE", "user:new", "0", "x"],
    ["RESTORE", "secret:new", "0", "x"],
    ["COPY", "user:string", "user:new", "DB", "1"],
    ["SORT", "user:list", "BY", "secret:*"],
    ["SORT", "user:list", "BY", "nosort", "GET", "secret:string"],
    ["SORT", "user:list", "STORE", "user:new", "STORE", "secret:new"],
    ["SORT_RO", "user:list", "GET", "secret:*"],
    ["OBJECT", "ENCODING", "secret:string"],
    ["TOUCH", "user:string", "secret:string"],
    ["MIGRATE", "127.0.0.1", "1", "", "0", "1", "KEYS", "user:string"],
    ["EVAL", "return 1", "1", "secret:string"],
    ["FCALL", "f", "0"],
    ["FCALL_RO", "f", "1", "user:string"],
    ["FUNCTION", "STATS"],
    ["FUNCTION", "LIST"],
    ["FUNCTION", "DUMP"],
    ["FUNCTION", "LOAD", "#!lua name=evil\nredis.register_function('evil', function() return 1 end)"],
    ["SCRIPT", "LOAD", "return 1"],
    ["SCRIPT", "EXISTS", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"],
    ["SCRIPT", "KILL"],
    ["SCRIPT", "FLUSH"],
    ["DBSIZE"],
    ["INFO"],
    ["KEYS", "*"],
    ["SCAN", "0"],
    ["RANDOMKEY"],
    ["SLOWLOG", "GET"],
    ["LATENCY", "HISTOGRAM"],
    ["MEMORY", "STATS"],
    ["FLUSHALL"],
    ["LOLWUT"],
]


@pytest.mark.parametrize("command", ATTACKS, ids=" ".join)
def test_command_that_reaches_further_than_its_keys_is_refused(administrator: Any, narrow: Any, command: list[str]) -> None:
    fill(administrator, secrets=True)
    before = outside(administrator)
    script = ["EVAL", "return redis.call(unpack(ARGV))", "0", *command]
    for call in (command, script):
        with pytest.raises((NoPermissionError, ResponseError), match=_REFUSED):
            narrow.execute_command(*call)
    assert outside(administrator) == before


@pytest.mark.parametrize("pattern", ["~s*", "~*:1", "~[st]*", "%R~Str?ams", "~noack", "~\\streams"])
def test_consumer_called_streams_opens_no_other_stream(
    administrator: Any, table: CommandTable, redis_server: RedisServer, pattern: str
) -> None:
    fill(administrator, secrets=True)
    make_user(administrator, table, "odd", f"{pattern} +@all")
    with redis.Redis(port=redis_server.port, username="odd", password="secret") as odd:  # noqa: S106 of a server on loopback
        attempts = [
            ["XREADGROUP", "COUNT", "1", "GROUP", group, "streams", word, "secret:stream", ">"]
            for word in ("streams", "Streams", "sTREAMS")
            for group in ("streams", "group")
        ]
        assert {type(reply) for reply in replies(odd, attempts)} == {NoPermissionError}


def test_what_a_grant_for_some_keys_needs_is_permitted(permitted: list[Command]) -> None:
    needed = """
        append bitcount bitfield blpop bzpopmin copy decr del dump echo eval eval_ro evalsha exists expire geoadd geosearch geosearchstore
        get getdel getex hget hgetall hincrby hset incr lmove lmpop lpush lrange mget mset object|encoding pfadd pfcount ping publish rename
        sadd set setex sinterstore sort sort_ro smembers strlen time touch ttl type unlink wait xadd xautoclaim
        xgroup|create xinfo|stream xread xreadgroup zadd zinterstore zmpop zrange zrangestore zscore zunion
    """
    assert set(needed.split()) - {command.name for command in permitted} == set()
