"""What a credential may do, as the rules of a Redis ACL user. Pure: nothing here talks to Redis.

A scope is written as what it takes away, and that is applied last: whatever a token's own rule gives, the scope's part is gone again.
So a rule can narrow its scope and never widen it. (https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/)
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from kuberedis_sidecar.redis.command_table import CommandTable


class AclError(ValueError):
    """The acl claim is refused; the text says what is wrong with it."""


class Scope(enum.Enum):
    """The widest a token reaches."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Rule:
    """A checked acl claim: key patterns, channel patterns and commands, each in the order given."""

    keys: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """What a credential may do; equal grants share one connection to Redis."""

    scope: Scope
    rule: Rule = Rule()


FULL = Grant(Scope.ADMIN)

# Would break the sidecar, its neighbours on the connection, the container around them, or reach other hosts.
_NEVER = """
    acl asking auth bgrewriteaof bgsave client cluster config debug failover hello migrate module monitor move pfdebug pfselftest
    psync quit readonly readwrite replconf replicaof reset restore-asking save script|debug select shutdown slaveof swapdb sync
""".split()
_ADMINISTRATION = """
    commandlog flushall flushdb function|delete function|flush function|kill function|load function|restore lastsave latency role
    script|flush script|kill slowlog
""".split()
_SIDE_EFFECTS = ["publish", "spublish"]

_TAKES_AWAY: dict[Scope, tuple[tuple[str, ...], list[str]]] = {
    Scope.ADMIN: ((), _NEVER),
    Scope.WRITE: ((), _NEVER + _ADMINISTRATION),
    Scope.READ: (("-@write", "-@admin", "-@dangerous"), _NEVER + _ADMINISTRATION + _SIDE_EFFECTS),
}

# Redis does not hold these to key patterns: they show or touch keys that the grant does not name.
_KEY_BLIND = "commandlog flushall flushdb keys randomkey scan slowlog".split()
# Nor this to channel patterns.
_CHANNEL_BLIND = ["pubsub"]

# The gateway itself frames transactions with these; alone they are refused before they reach Redis.
_FRAMING = ("+multi", "+exec", "+discard")

_KEYS = re.compile(r"(~|%(R|W|RW)~).+")
_CHANNELS = re.compile(r"&.+")
_COMMAND = re.compile(r"[+-](@[a-z]+|[a-z][a-z0-9._-]*(\|[a-z][a-z0-9_-]*)?)", re.IGNORECASE)
_WORDS = {
    "allkeys": ("keys", "~*"),
    "allchannels": ("channels", "&*"),
    "allcommands": ("commands", "+@all"),
    "nocommands": ("commands", "-@all"),
}

MAX_RULE_LENGTH = 2048


def parse_rule(text: str) -> Rule:
    """Check an acl claim.

    It may hold key patterns (``~p``, ``%R~p``, ``%W~p``, ``%RW~p``), channel patterns (``&p``) and commands or categories (``+get``,
    ``-@dangerous``, ``+config|get``), parted by spaces. Words that touch the user itself (passwords, on, reset, selectors) are not
    part of it.

    Raises:
        AclError: A part is none of these.
    """
    if len(text) > MAX_RULE_LENGTH:
        raise AclError(f"the acl claim is longer than {MAX_RULE_LENGTH} characters")
    if not text.isprintable():
        raise AclError("the acl claim has characters that cannot be printed; part the rules by single spaces")
    parts: dict[str, list[str]] = {"keys": [], "channels": [], "commands": []}
    for word in text.split(" "):
        if word:
            kind, rule = _classify(word)
            parts[kind].append(rule)
    if not any(parts.values()):
        raise AclError("the acl claim is empty; leave it out, or write a rule such as '~user:* +@read'")
    return Rule(tuple(parts["keys"]), tuple(parts["channels"]), tuple(parts["commands"]))


def _classify(word: str) -> tuple[str, str]:
    if word.lower() in _WORDS:
        return _WORDS[word.lower()]
    if _KEYS.fullmatch(word):
        return "keys", word
    if _CHANNELS.fullmatch(word):
        return "channels", word
    if _COMMAND.fullmatch(word):
        return "commands", word.lower()
    raise AclError("the acl claim has a part that is no key pattern (~), channel pattern (&), command or category (+, -)")


def user_rules(grant: Grant, table: CommandTable) -> list[str]:
    """The arguments of ACL SETUSER, after the name and apart from the password, that make a user with exactly this grant.

    Keys and channels that the rule does not name: all keys; all channels as well unless the rule names keys, because a token for some
    keys should not listen to everything. A rule whose commands only take away starts from all that the scope has.
    """
    rule = grant.rule
    categories, names = _TAKES_AWAY[grant.scope]
    commands = list(rule.commands)
    if not any(command.startswith("+") for command in commands):
        commands.insert(0, "+@all")
    keys = list(rule.keys) or ["~*"]
    channels = list(rule.channels) or ([] if rule.keys else ["&*"])
    if rule.keys and "~*" not in rule.keys:
        names = names + _KEY_BLIND
    if "&*" not in channels:
        names = names + _CHANNEL_BLIND
    taken = [f"-{name}" for name in table.present(names)]
    return ["resetkeys", "resetchannels", "-@all", *keys, *channels, *commands, *categories, *taken, *_FRAMING]
