"""What local mode tells its user, each as a value.

The field names are a contract: they are the members of the JSON lines that scripts read.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Ready:
    """An instance serves; told once per instance, when its first request would succeed."""

    name: ClassVar = "ready"
    instance: str
    url: str
    api_key: str


@dataclass(frozen=True)
class Changed:
    """A running instance follows its changed manifest; sizes in bytes."""

    name: ClassVar = "changed"
    instance: str
    maxmemory: int
    eviction_policy: str
    persistence: str


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
class Error:
    """Something is wrong that the user has to put right; what runs goes on as it was."""

    name: ClassVar = "error"
    message: str


@dataclass(frozen=True)
class Note:
    """A part of a manifest that has no effect here."""

    name: ClassVar = "note"
    message: str


@dataclass(frozen=True)
class Stopped:
    """All has ended; the last event of an orderly stop."""

    name: ClassVar = "stopped"


Event = Ready | Changed | Removed | Down | Recovered | Error | Note | Stopped
