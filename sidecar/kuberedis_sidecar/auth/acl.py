"""What a credential may do, as the rules of a Redis ACL user. Pure: nothing here talks to Redis.

A scope is defined by what it removes, and that is applied last, after whatever a token's own rule adds. So a rule can narrow its
scope and never widen it. (https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/)
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple, NewType

from kuberedis_core.acl_rule import Rule, Scope

AclUser = NewType("AclUser", str)
"""Name of a Redis ACL user."""


class Grant(NamedTuple):
    """What a credential may do; equal grants share one connection to Redis. Hashed for each request, and so a tuple, which is fast."""

    scope: Scope
    rule: Rule = Rule()


FULL = Grant(Scope.ADMIN)

# Would break the sidecar, its neighbours on the connection, the container around them, or reach other hosts.
_NEVER = """
    acl asking auth bgrewriteaof bgsave client cluster config debug failover hello migrate module monitor move pfdebug pfselftest
    psync quit readonly readwrite replconf replicaof reset restore-asking save script|debug select shutdown slaveof swapdb sync
""".split()
_ADMINISTRATION = """
    commandlog flushall flushdb function|delete function|flush function|kill function|load function|restore lastsave latency restore role
    script|flush script|kill slowlog
""".split()
_SIDE_EFFECTS = ["publish", "spublish"]

_REMOVED: dict[Scope, tuple[tuple[str, ...], list[str]]] = {
    Scope.ADMIN: ((), _NEVER),
    Scope.WRITE: ((), _NEVER + _ADMINISTRATION),
    Scope.READ: (("-@write", "-@admin", "-@dangerous"), _NEVER + _ADMINISTRATION + _SIDE_EFFECTS),
}

# What a grant with key patterns may use besides the commands whose keys Redis finds by their specifications. Everything else is removed
# from it, so a command that a newer Redis brings is refused until it is on one of these lists.
_KEYS_FOUND_BY_CODE = frozenset("bitfield set sort sort_ro xread".split())
_WITHOUT_KEYS = frozenset(
    """
    command command|count command|docs command|getkeys command|getkeysandflags command|help command|info command|list echo ping
    psubscribe publish pubsub pubsub|channels pubsub|help pubsub|numpat pubsub|numsub pubsub|shardchannels pubsub|shardnumsub
    punsubscribe spublish ssubscribe subscribe sunsubscribe time unsubscribe wait waitaof
    """.split()
)
# Not even these, although their keys are found: the libraries of functions are shared by all grants, and a payload may be crafted.
_BEYOND_KEYS = frozenset("fcall fcall_ro restore restore-asking".split())

# Redis takes the keys of XREADGROUP from behind the first word STREAMS, which may be the name of a consumer. What it then takes for keys
# begins with, or has as its second, one of these words; so a grant may use the command if no such word fits its patterns.
_WORDS_OF_XREADGROUP = ("block", "claim", "count", "group", "noack", "streams")
_SPECIAL = re.compile(r"[*?\[\\]")

# Not checked against channel patterns.
_IGNORING_CHANNELS = ["pubsub"]

# The gateway itself sends these around a transaction; from a client they are refused before they reach Redis.
_TRANSACTION = ("+multi", "+exec", "+discard")


def user_rules(grant: Grant, known: Collection[str], bound: Collection[str]) -> list[str]:
    """The arguments of ACL SETUSER, after the name and apart from the password, that make a user with exactly this grant.

    A rule that names no keys means all keys. One that names no channels means all channels, unless it names keys: a token for some
    keys should not listen to everything. A rule that only removes commands starts from all commands of the scope.

    Args:
        grant: The scope and the rule.
        known: Every ``command`` and ``command|subcommand`` of this Redis, in lower case: a rule with an unknown command is an error.
        bound: Those whose every key Redis finds.
    """
    rule = grant.rule
    categories, names = _REMOVED[grant.scope]
    commands = list(rule.commands)
    if not any(command.startswith("+") for command in commands):
        commands.insert(0, "+@all")
    keys = list(rule.keys) or ["~*"]
    channels = list(rule.channels) or ([] if rule.keys else ["&*"])
    if "~*" not in keys:
        names = names + _unbound(rule.keys, known, bound)
    if "&*" not in channels:
        names = names + _IGNORING_CHANNELS
    removed = [f"-{name}" for name in dict.fromkeys(names) if name in known]
    return ["resetkeys", "resetchannels", "-@all", *keys, *channels, *commands, *categories, *removed, *_TRANSACTION]


def _unbound(patterns: Sequence[str], known: Collection[str], bound: Collection[str]) -> list[str]:
    """Every command with which a grant could reach other keys than those of its patterns, in order."""
    permitted = {*bound, *_KEYS_FOUND_BY_CODE, *_WITHOUT_KEYS} - _BEYOND_KEYS
    if not any(_may_be_word_of_xreadgroup(pattern) for pattern in patterns):
        permitted.add("xreadgroup")
    # To remove a command is to remove its subcommands, so one with a permitted subcommand stays; without a subcommand it is an error.
    containers = {name.partition("|")[0] for name in permitted if "|" in name}
    return sorted(name for name in known if name not in permitted and name not in containers)


def _may_be_word_of_xreadgroup(pattern: str) -> bool:
    begin = _SPECIAL.split(pattern.partition("~")[2], maxsplit=1)[0].lower()
    return any(word.startswith(begin) for word in _WORDS_OF_XREADGROUP)
