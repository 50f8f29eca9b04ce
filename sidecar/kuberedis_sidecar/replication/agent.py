"""The agent of a member: looks at all members, and tells its own Redis whom to follow. Promotion is always Sentinel's.

What is to be done is decided in ``decisions``; the connections are in ``nodes``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from kuberedis_core import members
from kuberedis_core.member_report import MemberReport
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.replication.nodes import Connect
from kuberedis_sidecar.replication.observation import Observation
from kuberedis_sidecar.settings import MemberSettings, Settings

Listener: TypeAlias = Callable[[Observation], None]


class MemberAgent:
    """The agent of one member, to be made in a running event loop.

    Args:
        settings: Settings of the sidecar.
        member: Their part for a member.
        connect: Connects to a Redis or a Sentinel; with TLS where the address says so.
    """

    def __init__(self, settings: Settings, member: MemberSettings, connect: Connect = Connection.open) -> None:
        self._settings = settings
        self._member = member
        self._connect = connect
        self._listeners: list[Listener] = []
        self._observation = Observation(me=self._member.name, members=members.Members(()))

    @property
    def state(self) -> Observation:
        """What it saw last."""
        return self._observation

    def on_change(self, listener: Listener) -> None:
        """Call `listener` with each observation that differs from the one before in more than offsets and numbers of keys."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Begin to look and to act."""

    async def look(self) -> Observation:
        """Look at all members at once, because something seems to have changed, and return what is seen."""
        return self._observation

    @contextmanager
    def switching_over(self) -> Iterator[None]:
        """Leave the own Redis alone, because a planned switchover reconfigures it."""
        yield

    def report(self) -> MemberReport:
        """What the operator is told; `primary` is where commands should go, `certificates` is left out."""
        return MemberReport(name=self._member.name)

    async def close(self) -> None:
        """Stop looking, and close the connections."""
