"""The instances of a data folder as the rows of `kuberedis list`, once or as they change."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from kuberedis_cli.local.running import known_instances
from kuberedis_cli.local.status import Status
from kuberedis_cli.output.rows import Row, Rows, by_name

POLL_SECONDS = 1.0


def listing(data_folder: Path) -> Rows:
    """The instances of a data folder; those that do not run are not ready.

    Raises:
        CommandError: They cannot be read.
    """
    return by_name(_row(name, status) for name, status in known_instances(data_folder).items())


def follow(data_folder: Path) -> Iterator[Rows]:
    """The list, and the whole of it again after each change, without end; raises as `listing`."""
    before = None
    while True:
        rows = listing(data_folder)
        if rows != before:
            yield rows
        before = rows
        time.sleep(POLL_SECONDS)


def reason(status: Status | None) -> str:
    """Why an instance is not ready, as a word like those of conditions; empty if it is."""
    if status is None:
        return "NotRunning"
    return "" if status.state == "ready" else "".join(word.capitalize() for word in status.state.split())


def _row(name: str, status: Status | None) -> Row:
    members = () if status is None else status.members
    return Row(
        namespace=None,
        name=name,
        ready="False" if reason(status) else "True",
        reason=reason(status),
        url="" if status is None else status.url,
        capacity=None,
        version=None,
        created_at=None,
        replicas=len(members) or 1,
        in_sync=sum(member.state in ("primary", "in sync") for member in members) if members else None,
        primary=next((member.name for member in members if member.state == "primary"), None),
    )
