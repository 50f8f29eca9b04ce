"""The commands of an instance by name, from Redis' own statistics (INFO commandstats). Pure.

Redis counts them in any case, which costs the path of a request nothing; it counts each command of a pipeline, of a transaction and of a
script, and only it knows how long each one took. But it does not tell who sent a command. So the commands by which sidecars, Sentinels
and replicas look after Redis are left out by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kuberedis_core.exposition import Family, labels

MAX_COMMANDS = 512
"""Commands that are told apart; more, of modules for example, are counted together as `OTHER`."""
OTHER = "other"

_PREFIX = "cmdstat_"
# In lower case, as Redis names them; of a command with subcommands the first part.
_NAME = re.compile(r"[a-z][a-z0-9._-]{0,63}")
# Redis 6.0 has neither of the last two.
_NUMBERS = re.compile(
    r"calls=(\d{1,20}),usec=(\d{1,20})(?:,usec_per_call=[\d.]*)?(?:,rejected_calls=(\d{1,20}),failed_calls=(\d{1,20}))?", re.ASCII
)
# PING, which probes send as well, is not among them: it is what people try first.
_PLATFORM = frozenset(
    """
    acl auth client command config dbsize failover hello info psync readonly replconf replicaof reset role select sentinel slaveof slowlog
    sync
    """.split()
)


@dataclass(slots=True)
class CommandStats:
    """The uses of a command since Redis was started, or its statistics were reset."""

    calls: int = 0
    """Those that were refused included."""
    failed: int = 0
    """Those that were refused, or ended with an error."""
    microseconds: int = 0
    """How long Redis took."""


class CommandStatistics:
    """Reads the statistics of one instance.

    The first `MAX_COMMANDS` names that are seen are told apart for good, so that no counter ever goes down.
    """

    def __init__(self) -> None:
        self._names: set[str] = set()

    def read(self, info: Mapping[str, str]) -> dict[str, CommandStats]:
        """The statistics by name of the command, in the fields of INFO commandstats; what is not understood is left out."""
        found: dict[str, CommandStats] = {}
        for field, text in info.items():
            if not field.startswith(_PREFIX):
                continue
            name = field[len(_PREFIX) :].partition("|")[0]
            if name in _PLATFORM:
                continue
            numbers = _NUMBERS.match(text)
            if numbers is None:
                continue
            calls, microseconds, rejected, failed = map(int, numbers.groups("0"))
            stats = found.setdefault(self._admitted(name), CommandStats())
            stats.calls += calls + rejected
            stats.failed += failed + rejected
            stats.microseconds += microseconds
        return found

    def _admitted(self, name: str) -> str:
        if name in self._names:
            return name
        if len(self._names) >= MAX_COMMANDS or not _NAME.fullmatch(name):
            return OTHER
        self._names.add(name)
        return name


class CommandFamilies:
    """The metrics of the commands of any number of instances."""

    def __init__(self) -> None:
        self._calls = Family("kuberedis_commands_total", "counter", "Commands that Redis was sent, by name")
        self._failed = Family("kuberedis_commands_failed_total", "counter", "Commands that Redis refused or that ended with an error")
        self._seconds = Family("kuberedis_command_seconds_total", "counter", "Seconds that Redis has spent on commands")

    def add(self, tags: str, commands: Mapping[str, CommandStats]) -> None:
        """Add those of an instance, with its labels."""
        for name, stats in commands.items():
            own = f"{tags},{labels(command=name)}"
            self._calls.add(own, stats.calls)
            self._failed.add(own, stats.failed)
            self._seconds.add(own, stats.microseconds / 1e6)

    def families(self) -> Iterator[Family]:
        """All of them."""
        yield from (self._calls, self._failed, self._seconds)
