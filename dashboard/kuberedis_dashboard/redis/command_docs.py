"""What COMMAND DOCS says of commands, as the line of syntax and the summary that redis-cli shows.

Source: https://redis.io/docs/latest/commands/command-docs/. The document is the server's, so it is read only as far as it makes sense.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kuberedis_dashboard.redis.readable import readable
from kuberedis_dashboard.redis.replies import Reply

MAX_COMMANDS = 1024
_MAX_NESTING = 8
_LONGEST = 400
"""Characters of a text; Redis' own are shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandHelp:
    """One command, or one subcommand."""

    name: str
    """In capitals, as `GET` or `MEMORY USAGE`."""
    arguments: str
    """As `key [WITHSCORES]`; empty if it takes none."""
    summary: str
    group: str
    since: str


def read_docs(reply: Reply) -> tuple[CommandHelp, ...]:
    """The commands of a reply to COMMAND DOCS, by name; what has another form than documented is left out."""
    found = (each for name, doc in _pairs(reply) for each in _commands(name, doc))
    return tuple(sorted(found, key=lambda each: each.name)[:MAX_COMMANDS])


def help_text(found: Iterable[CommandHelp], wanted: str) -> str:
    """What HELP prints, in lines.

    Args:
        found: What the server says of its commands.
        wanted: The command, in capitals; with subcommands it is all of them.
    """
    lines = [
        f"{each.name} {each.arguments}\n  {each.summary}\n  since {each.since}, group {each.group}\n"
        for each in found
        if each.name == wanted or each.name.startswith(f"{wanted} ")
    ]
    return "\n".join(lines) or f"This server documents no command {readable(wanted.encode())}.\n"


def _commands(name: str, doc: Reply) -> Iterator[CommandHelp]:
    members = dict(_pairs(doc))
    subcommands = list(_pairs(members.get("subcommands")))
    for subcommand, subdoc in subcommands:
        yield _help(subcommand, dict(_pairs(subdoc)))
    if not subcommands:
        yield _help(name, members)


def _help(name: str, members: dict[str, Reply]) -> CommandHelp:
    return CommandHelp(
        name=name.replace("|", " ").upper(),
        arguments=_arguments(members.get("arguments"), " ", _MAX_NESTING),
        summary=_text(members.get("summary")),
        group=_text(members.get("group")),
        since=_text(members.get("since")),
    )


def _arguments(reply: Reply, separator: str, nesting: int) -> str:
    if not isinstance(reply, list) or not nesting:
        return ""
    return separator.join(filter(None, (_argument(dict(_pairs(each)), nesting) for each in reply)))[:_LONGEST]


def _argument(members: dict[str, Reply], nesting: int) -> str:
    flags = members.get("flags")
    names = {_text(flag) for flag in flags} if isinstance(flags, list) else set()
    token = _text(members.get("token")) or ('""' if "token" in members else "")
    inner = _value(members, nesting)
    text = f"{token} {inner}".strip()
    if "multiple" in names:
        text += f" [{text if 'multiple_token' in names else inner} ...]"
    return f"[{text}]" if "optional" in names else text


def _value(members: dict[str, Reply], nesting: int) -> str:
    match _text(members.get("type")):
        case "pure-token":
            return ""
        case "block":
            return _arguments(members.get("arguments"), " ", nesting - 1)
        case "oneof":
            choices = _arguments(members.get("arguments"), "|", nesting - 1)
            flags = members.get("flags")
            optional = isinstance(flags, list) and b"optional" in flags
            return choices if optional and "token" not in members else f"<{choices}>"
        case _:
            return _text(members.get("display_text")) or _text(members.get("name"))


def _pairs(reply: Reply) -> Iterator[tuple[str, Reply]]:
    """The members of a map, which RESP2 writes as a flat array."""
    if isinstance(reply, list):
        for name, value in zip(reply[::2], reply[1::2], strict=False):
            yield _text(name), value


def _text(reply: Reply) -> str:
    return readable(reply)[:_LONGEST] if isinstance(reply, bytes) else ""
