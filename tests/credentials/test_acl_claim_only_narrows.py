"""An `acl` claim can take away and never give: not rights, not a password, not a second rule."""

import pytest
import redis

from tests.credentials.conftest import SECRET, rules_of_grants
from tests.credentials.entrances import ENTRANCES, is_refused
from tests.credentials.forging import claims, sha256
from tests.faults.traffic import client_of
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token

pytestmark = pytest.mark.every_server

# No part of these may be in a claim at all: they set a user's state, not what it reaches.
REFUSED = [
    "on",
    "off",
    "nopass",
    ">password",
    "<password",
    f"#{sha256('password')}",
    f"!{sha256('password')}",
    "resetpass",
    "reset",
    "resetkeys",
    "resetchannels",
    "clearselectors",
    "sanitize-payload",
    "skip-sanitize-payload",
    "(~* +@all)",
    "~user:* (+@all ~*)",
    "( ~* )",
    "on nopass ~* +@all",
    "~user:* on",
    "~user:* nopass +@all",
    "~user:* >password",
    "ON NOPASS",
    "~user:* NoPass",
    "~user:*\non nopass ~* +@all",
    "~user:*\r\nACL SETUSER evil on nopass ~* +@all",
    "~user:* +@read\x00 nopass",
    "~user:* +@read\tnopass",
    "~user:* +get\vnopass",
    "user evil on nopass ~* +@all",
    "default on nopass",
    "SETUSER evil on nopass",
    '"~user:*" "nopass"',
    "+nosuchcommand",
    "+@nosuchcategory",
    "+@",
    "+",
    "-",
    "%",
    "%X~user:*",
    "%R~user:* %~user:*",
    "~user:* garbage",
    "{}",
    "🙂",
    "ｎｏｐａｓｓ",
    "~user:*\u2028nopass",
    "~user:* \u00a0nopass",
    "x" * 4000,
]
# Rules that Redis knows and that name more than the scope has: accepted or not, they give nothing.
GREEDY = [
    "+@all",
    "~* &* +@all",
    "allkeys allchannels allcommands",
    "ALLCOMMANDS",
    "+@all -@read",
    "-@all +@all",
    "+@admin +@dangerous +@write",
    "+config +acl +debug +shutdown +module +client +select +replicaof",
    "+config|set",
    "+config|get +acl|setuser",
    "+CONFIG|SET +SET",
    "~user:* +set +del +flushall",
    "%RW~* +@all",
    "nocommands +@all",
    "-get +@all",
    "~user:*\u3000~* +@all",
    "+@read +set",
    "~user:*,+@all",
    "",
    " ",
]


@pytest.mark.parametrize("acl", REFUSED, ids=lambda acl: ascii(acl[:60]))
@pytest.mark.usefixtures("redis_server")
def test_rule_that_is_more_than_a_narrowing_is_refused(sidecar: Sidecar, database: redis.Redis, acl: str) -> None:
    users = rules_of_grants(database)
    with client_of(sidecar, mint_token(sidecar, **claims(sidecar, scope="admin", acl=acl))) as http:
        for command in (["GET", "user:1"], ["SET", "canary", "v"], ["CONFIG", "GET", "maxmemory"]):
            for entrance in ENTRANCES.values():
                answer = entrance(http, command)
                assert answer.status_code == 401
                assert SECRET not in answer.text
    assert rules_of_grants(database) == users
    assert not database.exists("canary")


@pytest.mark.parametrize("acl", GREEDY, ids=ascii)
def test_rule_that_names_more_than_the_scope_gives_nothing(sidecar: Sidecar, database: redis.Redis, acl: str) -> None:
    with client_of(sidecar, mint_token(sidecar, **claims(sidecar, scope="read", acl=acl))) as http:
        for command in (
            ["SET", "canary", "v"],
            ["DEL", "user:1"],
            ["FLUSHALL"],
            ["CONFIG", "GET", "maxmemory"],
            ["ACL", "SETUSER", "evil", "on", "nopass", "~*", "+@all"],
            ["ACL", "WHOAMI"],
        ):
            for name, entrance in ENTRANCES.items():
                assert is_refused(entrance(http, command)), (name, command)
        http.post("/keys/canary", json={"value": "v"})
        http.post("/hashes/canary", json={"field": "f", "value": "v"})
        http.delete("/keys/user:1")
    assert not database.exists("canary")
    assert database.get("user:1") == b"mine"
    assert "evil" not in database.acl_users()
    assert [rule for rule in rules_of_grants(database) if " nopass " in rule] == []


@pytest.mark.parametrize(
    ("acl", "allowed", "refused"),
    [
        ("~user:*", [["GET", "user:1"], ["SET", "user:1", "v"]], [["GET", "secret:1"], ["SET", "canary", "v"]]),
        ("~user:* +@read", [["GET", "user:1"]], [["SET", "user:1", "v"], ["GET", "secret:1"]]),
        ("~user:* +get", [["GET", "user:1"]], [["STRLEN", "user:1"], ["SET", "user:1", "v"]]),
        ("+@all -@write", [["GET", "secret:1"]], [["SET", "user:1", "v"]]),
        ("-set", [["GET", "secret:1"], ["APPEND", "user:1", "v"]], [["SET", "user:1", "v"]]),
        ("%R~user:*", [["GET", "user:1"]], [["SET", "user:1", "v"]]),
        ("%W~user:*", [["SET", "user:1", "v"]], [["GET", "user:1"], ["SET", "canary", "v"]]),
        ("~user:1 ~canary", [["GET", "user:1"], ["SET", "canary", "v"]], [["GET", "user:2"]]),
        ("~user:[0-9] +@read +@hash", [["GET", "user:1"], ["HSET", "user:2", "f", "v"]], [["GET", "user:a"]]),
        ("~käse:*", [["SET", "käse:1", "v"]], [["GET", "user:1"]]),
    ],
)
@pytest.mark.usefixtures("database")
def test_rule_narrows_as_documented_by_redis(sidecar: Sidecar, acl: str, allowed: list[list[str]], refused: list[list[str]]) -> None:
    with client_of(sidecar, mint_token(sidecar, **claims(sidecar, acl=acl))) as http:
        for command in allowed:
            assert http.post("/", json=command).status_code == 200, command
        for command in refused:
            answer = http.post("/", json=command)
            assert answer.status_code == 403, command
            assert answer.json()["error"].startswith("NOPERM")
