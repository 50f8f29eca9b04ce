"""The console reads lines and writes replies as redis-cli does, which runs beside it."""

import re
import subprocess

import redis

from kuberedis_core.acl_rule import Scope
from kuberedis_dashboard.redis.command_docs import read_docs
from kuberedis_dashboard.redis.command_line import split
from kuberedis_dashboard.redis.reply_text import format_reply
from tests.dashboard.commands import with_client
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar

LINES = r"""
SET k v
GET k
get none
INCR n
TYPE k
ECHO OK
ECHO "a\x00\xff\n\r\t\a\b\"\\\q\xzz"
ECHO 'single \n \' quoted'
ECHO bare\n
ECHO a"b c"
ECHO ""
RPUSH l 1 2 3 "four \"4\""
LRANGE l 0 -1
LRANGE none 0 -1
MGET k none l
HSET h f1 v1 f2 "\x1b[31m"
HGETALL h
GET l
NOSUCH command
EVAL "return {1, {2, {3, 'x', {}}, false}, redis.status_reply('FINE')}" 0
EVAL "local r = {} for i = 1, 11 do r[i] = {i, {i}} end return r" 0
EVAL "return redis.error_reply('ERR <b>')" 0
XADD s 1-1 f v g w
XRANGE s - +
ECHO "unbalanced
ECHO 'unbalanced
ECHO "a"b
ECHO one two
  ECHO    spaces
""".strip().splitlines()


def console(sidecar: Sidecar, line: str) -> str:
    try:
        command = split(line)
    except ValueError:
        return "Invalid argument(s)\n"
    return format_reply(with_client(sidecar, lambda client: client.run(*command), Scope.WRITE), command)


def redis_cli(server: RedisServer, lines: list[str]) -> list[str]:
    """What redis-cli answers to each of the lines, as on a terminal."""
    mark = "----"
    typed = "".join(f"{line}\nECHO {mark}\n" for line in lines)
    command = ["redis-cli", "-p", str(server.port), "-a", server.password, "--no-auth-warning", "--no-raw"]
    done = subprocess.run(command, input=typed, capture_output=True, text=True, check=True, timeout=60)
    return re.sub(r"\(\d+\.\d+s\)\n", "", done.stdout).split(f'"{mark}"\n')[: len(lines)]


def test_each_line_is_read_and_answered_alike(sidecar: Sidecar, redis_server: RedisServer, database: redis.Redis) -> None:
    ours = [console(sidecar, line) for line in LINES]
    database.flushall()
    theirs = redis_cli(redis_server, LINES)
    assert [(line, mine) for line, mine in zip(LINES, ours, strict=True)] == list(zip(LINES, theirs, strict=True))


def test_help_comes_from_the_server_in_a_read_scope(sidecar: Sidecar) -> None:
    reply = with_client(sidecar, lambda client: client.run("COMMAND", "DOCS"))
    documented = {each.name: each for each in read_docs(reply)}
    assert len(documented) > 300
    assert documented["GET"].arguments == "key"
    assert documented["GET"].summary.startswith("Get the value") or documented["GET"].summary.startswith("Returns the string value")
    assert documented["EXPIRE"].arguments == "key seconds [NX|XX|GT|LT]"
    assert "MEMORY USAGE" in documented
