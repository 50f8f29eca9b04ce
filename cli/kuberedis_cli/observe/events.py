"""`kuberedis events`: what happened to an instance and its children, and what happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from kubernetes.client import CoreV1Api
from kubernetes.client.exceptions import ApiException
from kubernetes.watch import Watch
from rich.table import Table
from rich.text import Text

from kuberedis_cli.cluster.connection import CONNECT_SECONDS, Cluster
from kuberedis_cli.cluster.events import events_of, is_about
from kuberedis_cli.cluster.instances import Instances
from kuberedis_cli.cluster.pod import member_names
from kuberedis_cli.cluster.status.report import Event, event_of, moment_of
from kuberedis_cli.output.console import console
from kuberedis_cli.output.lines import write_json, write_line
from kuberedis_cli.output.printable import printable
from kuberedis_core.ages import age
from kuberedis_core.timestamps import parse_time

_LIMITS: dict[str, Any] = {"timeout_seconds": 300, "_request_timeout": (CONNECT_SECONDS, 330)}
"""The API server ends a watch after that time; then another begins."""


def past(cluster: Cluster, name: str) -> list[Event]:
    """The events of the instance `name`, the newest last."""
    members = len(member_names(Instances(cluster).get(name)))
    found = events_of(CoreV1Api(cluster.api), cluster.namespace, name, members)
    return [event_of(event) for event in sorted(found, key=moment_of)]


def coming(cluster: Cluster, name: str) -> Iterator[Event]:
    """The events of the instance `name`, the newest last, and then those that come, until the process ends."""
    members = len(member_names(Instances(cluster).get(name)))
    core = CoreV1Api(cluster.api)
    seen: set[tuple[str | None, str | None]] = set()
    while True:
        now = core.list_namespaced_event(cluster.namespace, limit=1).metadata
        version = now.resource_version if now else None
        for event in sorted(events_of(core, cluster.namespace, name, members), key=moment_of):
            mark = (event.metadata.uid, event.metadata.resource_version)
            if mark not in seen:
                seen.add(mark)
                yield event_of(event)
        try:
            for change in Watch().stream(core.list_namespaced_event, cluster.namespace, resource_version=version, **_LIMITS):
                event = change["object"]
                mark = (event.metadata.uid, event.metadata.resource_version)
                if change["type"] != "DELETED" and is_about(event, name, members) and mark not in seen:
                    seen.add(mark)
                    yield event_of(event)
        except ApiException as error:
            if error.status != HTTPStatus.GONE:  # the API server has forgotten where the watch was
                raise


def show(events: Iterable[Event], *, as_text: bool) -> None:
    """Write events to standard output at once: as a table, or as an array of JSON."""
    found = list(events)
    if not as_text:
        write_json([asdict(event) for event in found])
        return
    if not found:
        write_line("no events; the API server keeps them for an hour", error=True)
        return
    now = datetime.now(UTC)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("AGE", "TYPE", "REASON", "OBJECT", "MESSAGE"):
        table.add_column(heading, no_wrap=heading != "MESSAGE", overflow="fold")
    for event in printable(found):
        kind = Text(event.type, style="" if event.type == "Normal" else "yellow")
        message = f"{event.message} ({event.count} times)" if event.count > 1 else event.message
        table.add_row(age(parse_time(event.at), now), kind, event.reason, event.object, message)
    console().print(table)


def show_each(events: Iterable[Event], *, as_text: bool) -> None:
    """Write events to standard output as they come, each as a line."""
    for event in events:
        if as_text:
            write_line(f"{event.at}  {event.type:<7}  {event.reason}  {event.object}  {event.message}")
        else:
            write_json(asdict(event))
