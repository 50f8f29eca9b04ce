"""`kuberedis doctor` in local mode: whether the command runs, and its instances answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kuberedis_cli.diagnose.findings import Finding
from kuberedis_cli.diagnose.route import ask
from kuberedis_cli.diagnose.route_findings import route_findings
from kuberedis_cli.local.running import known_instance, known_instances
from kuberedis_cli.local.status import Status


def local_findings(folder: Path, name: str | None) -> Iterator[Finding]:
    """What is to be said of the instances of a data folder, or of one.

    Raises:
        CommandError: There is no such instance, or the folder was not made by this user.
    """
    known = known_instances(folder) if name is None else {name: known_instance(folder, name)}
    if not known:
        yield Finding("note", f"{folder} has no instances", "`kuberedis local` makes one")
    for each, status in sorted(known.items()):
        if status is None:
            yield Finding("note", f"{each} does not run now", f"start `kuberedis local` with the data folder {folder}")
        else:
            yield from _running(status, folder)


def _running(status: Status, folder: Path) -> Iterator[Finding]:
    name = status.instance
    logs = f"kuberedis logs {name} --data-dir {folder}"
    if status.state != "ready":
        yield Finding("problem", f"{name} is {status.state}", logs)
    for member in status.members:
        if member.state == "down":
            yield Finding("problem", f"the member {member.name} is down", logs)
    yield from route_findings(name, status.url, ask(status.url), logs, is_ready=status.state == "ready")
