"""What a report on local mode has in it. Of the data folder only logs are read: no key, no data, no configuration."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from kuberedis_cli.diagnose.local import local_findings
from kuberedis_cli.errors import LocalModeError
from kuberedis_cli.local.running import known_instance, known_instances
from kuberedis_cli.observe.local_logs import files_of, last_lines
from kuberedis_cli.support.bundle import Bundle

_LINES = 2000


def add_local(bundle: Bundle, folder: Path, name: str | None, version: str) -> None:
    """Add the instances of a data folder, or one.

    Raises:
        CommandError: There is no such instance, or the folder was not made by this user.
    """
    known = known_instances(folder) if name is None else {name: known_instance(folder, name)}
    bundle.add_object("versions", {"client": version})
    bundle.add_object("doctor", [asdict(finding) for finding in local_findings(folder, name)])
    for each, status in sorted(known.items()):
        bundle.add_object(f"instances/{each}/status", None if status is None else asdict(status))
        try:
            files = files_of(folder, each, None)
        except LocalModeError:
            continue  # it has never run, so that it has no logs
        for file in files:
            member, kind = file.source.split(" ")
            bundle.add_lines(f"instances/{each}/{member}-{kind}.log", (line.text for line in last_lines([file], _LINES)))
