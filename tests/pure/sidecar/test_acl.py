"""ACL rules of grants: a rule narrows its scope and never widens it."""

import pytest

from kuberedis_core.acl_rule import InvalidRule, Rule, Scope, parse_rule
from kuberedis_sidecar.auth.acl import FULL, Grant, user_rules

_KNOWN = """
    acl config config|get debug fcall flushall get keys newcommand object object|encoding object|help publish pubsub restore scan script
    script|kill select set xreadgroup
""".split()
_BOUND = ["get", "fcall", "object|encoding", "restore"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("~user:*", Rule(keys=("~user:*",))),
        ("%R~a %W~b %RW~c", Rule(keys=("%R~a", "%W~b", "%RW~c"))),
        ("&news:*", Rule(channels=("&news:*",))),
        ("+@read -KEYS +config|get", Rule(commands=("+@read", "-keys", "+config|get"))),
        ("  ~a   +get ", Rule(keys=("~a",), commands=("+get",))),
        ("allkeys ALLCHANNELS allCommands nocommands", Rule(("~*",), ("&*",), ("+@all", "-@all"))),
        ("~" + "k" * 2047, Rule(keys=("~" + "k" * 2047,))),
    ],
)
def test_claim_is_read(text: str, rule: Rule) -> None:
    assert parse_rule(text) == rule


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "get", "on", "off", ">password", "nopass", "reset", "resetkeys", "(~a +get)", "clearselectors"],
        *["~", "&", "+", "%X~a", "~a\n+@all", "~a\t+@all", "~\u2028", "+@all|x", "+get(", "~" + "k" * 2048],
    ],
)
def test_what_touches_the_user_or_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(InvalidRule, match="acl claim"):
        parse_rule(text)


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        (
            FULL,
            "resetkeys resetchannels -@all ~* &* +@all -acl -config -debug -select +multi +exec +discard",
        ),
        (
            Grant(Scope.WRITE),
            "resetkeys resetchannels -@all ~* &* +@all -acl -config -debug -select -flushall -restore -script|kill +multi +exec +discard",
        ),
        (
            Grant(Scope.READ),
            """
            resetkeys resetchannels -@all ~* &* +@all -@write -@admin -@dangerous
            -acl -config -debug -select -flushall -restore -script|kill -publish +multi +exec +discard
            """,
        ),
        (
            Grant(Scope.ADMIN, Rule(keys=("~a:*",), commands=("+@read",))),
            """
            resetkeys resetchannels -@all ~a:* +@read -acl -config -debug -select -config|get -fcall -flushall -keys -newcommand
            -object|help -restore -scan -script -script|kill -pubsub +multi +exec +discard
            """,
        ),
        (
            Grant(Scope.ADMIN, Rule(commands=("-set",))),
            "resetkeys resetchannels -@all ~* &* +@all -set -acl -config -debug -select +multi +exec +discard",
        ),
        (
            Grant(Scope.ADMIN, Rule(channels=("&news",), commands=("+acl",))),
            "resetkeys resetchannels -@all ~* &news +acl -acl -config -debug -select -pubsub +multi +exec +discard",
        ),
    ],
)
def test_grant_becomes_the_rules_of_a_user(grant: Grant, expected: str) -> None:
    assert user_rules(grant, _KNOWN, _BOUND) == expected.split()


@pytest.mark.parametrize("scope", list(Scope))
def test_commands_that_this_redis_does_not_have_are_not_named(scope: Scope) -> None:
    assert not [rule for rule in user_rules(Grant(scope), (), ()) if rule.startswith("-") and not rule.startswith("-@")]


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("command", ["config", "acl", "debug", "select"])
def test_no_rule_gives_back_what_its_scope_removes(scope: Scope, command: str) -> None:
    rules = user_rules(Grant(scope, parse_rule(f"+{command} +{command}|get +@all ~*")), _KNOWN, _BOUND)
    assert rules.index(f"-{command}") > max(rules.index(f"+{command}"), rules.index("+@all"))


def test_equal_grants_are_one_key() -> None:
    grants = {Grant(Scope("read"), parse_rule("~a +get")): 1, Grant(Scope.READ, parse_rule(" ~a  +GET")): 2}
    assert grants == {Grant(Scope.READ, Rule(("~a",), (), ("+get",))): 2}
    assert Grant(Scope.ADMIN) == FULL


@pytest.mark.parametrize(
    ("keys", "permitted"),
    [
        ("~user:* ~a", True),
        ("~streams:*", True),
        ("~gröup*", True),
        ("~a ~s*", False),
        ("~S*", False),
        ("~*x", False),
        ("%R~?treams", False),
        ("%RW~no[a-z]ck", False),
        ("~\\Count", False),
        ("~block", False),
    ],
)
def test_grant_whose_keys_may_look_like_options_of_xreadgroup_does_not_have_it(keys: str, permitted: bool) -> None:
    assert ("-xreadgroup" not in user_rules(Grant(Scope.WRITE, parse_rule(keys)), _KNOWN, _BOUND)) is permitted
