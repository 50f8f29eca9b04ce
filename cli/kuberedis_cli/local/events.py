"""The events of local mode.

The field names are a contract: they are the members of the JSON lines that scripts read.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal


@dataclass(frozen=True)
class Ready:
    """An instance serves; emitted once per instance, when its first request would succeed."""

    name: ClassVar = "ready"
    instance: str
    url: str
    api_key: str
    key_file: str
    """Where the key is, for as long as the command runs."""


@dataclass(frozen=True)
class Changed:
    """A changed manifest is applied to its running instance; sizes in bytes."""

    name: ClassVar = "changed"
    instance: str
    maxmemory: int
    eviction_policy: str
    persistence: str
    replicas: int


@dataclass(frozen=True)
class Removed:
    """The manifest is gone, and so is the instance; its data stay on disk."""

    name: ClassVar = "removed"
    instance: str


@dataclass(frozen=True)
class Down:
    """An instance's server ended or does not start; it is started again after a pause."""

    name: ClassVar = "down"
    instance: str
    message: str
    restart_in_seconds: float


@dataclass(frozen=True)
class Recovered:
    """An instance that was down serves again."""

    name: ClassVar = "recovered"
    instance: str


@dataclass(frozen=True)
class MemberDown:
    """A process of one of three members ended or does not start; it is started again after a pause."""

    name: ClassVar = "member_down"
    instance: str
    member: str
    message: str
    restart_in_seconds: float


@dataclass(frozen=True)
class MemberRecovered:
    """That process runs again."""

    name: ClassVar = "member_recovered"
    instance: str
    member: str


@dataclass(frozen=True)
class PrimaryMoved:
    """Another member of an instance is the primary now: a failover after the end of the one before, or a planned switchover."""

    name: ClassVar = "primary_moved"
    instance: str
    primary: str
    previous: str
    reason: Literal["failover", "switchover"]


@dataclass(frozen=True)
class Dashboard:
    """The dashboard is served; the link enters it once."""

    name: ClassVar = "dashboard"
    url: str


@dataclass(frozen=True)
class Error:
    """A problem that the user has to fix; what runs stays as it was."""

    name: ClassVar = "error"
    message: str


@dataclass(frozen=True)
class Note:
    """A part of a manifest that has no effect in local mode."""

    name: ClassVar = "note"
    message: str


@dataclass(frozen=True)
class Stopped:
    """Everything has ended; the last event of an orderly shutdown."""

    name: ClassVar = "stopped"


Event = Ready | Changed | Removed | Down | Recovered | MemberDown | MemberRecovered | PrimaryMoved | Dashboard | Error | Note | Stopped
