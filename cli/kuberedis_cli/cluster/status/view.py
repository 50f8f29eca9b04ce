"""The report of `kuberedis status` as a person reads it, on one screen, what is wrong in red; and as a program does."""

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kuberedis_cli.cluster.redis_stats import RedisStats
from kuberedis_cli.cluster.rotate import validity
from kuberedis_cli.cluster.status.report import Condition, Container, Pod, Report
from kuberedis_cli.output.console import console
from kuberedis_cli.output.lines import write_json
from kuberedis_cli.output.printable import printable
from kuberedis_core.ages import age
from kuberedis_core.crd.conditions import PASSING, is_as_wanted
from kuberedis_core.crd.names import pod_name
from kuberedis_core.quantities import format_bytes
from kuberedis_core.timestamps import parse_time

_BAD = "red"


def print_text(report: Report) -> None:
    """Write the report to standard output."""
    console().print(view(report))


def view(report: Report) -> Group:
    """The report as a person reads it."""
    report = printable(report)
    now = datetime.now(UTC)
    parts: list[RenderableType] = [_summary(report, now), ""]
    parts.append(_conditions(report, now) if report.conditions else Text("no conditions yet; is the operator running?", style=_BAD))
    if report.members:
        parts += ["", _members(report)]
    if report.events:
        parts += ["", _events(report, now)]
    parts += [Text(f"note: not known: {note}", style="yellow", overflow="fold") for note in report.notes]
    return Group(*parts)


def print_json(report: Report) -> None:
    """Write the report to standard output as one JSON object."""
    write_json(report.as_json())


def _summary(report: Report, now: datetime) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, value in _lines(report, now):
        table.add_row(name, value)
    return table


def _lines(report: Report, now: datetime) -> Iterator[tuple[str, str | Text]]:
    yield "name", report.name
    yield "namespace", report.namespace
    yield "url", report.url or "-"
    yield "version", report.version or "-"
    yield "capacity", report.capacity
    if report.members:
        yield "primary", report.primary or Text("there is none", style=_BAD)
    if report.paused:
        yield "paused", Text("the operator leaves it alone", style="yellow")
    if "rotatedAt" in report.key_rotation:
        since = age(parse_time(report.key_rotation["rotatedAt"]), now)
        yield "key", f"new since {since} ago; {validity(report.key_rotation.get('previousKeyExpiresAt'), now)}"
    yield "memory", _memory(report)
    yield from _redis(report.redis)
    if report.redis is not None and (refused := report.redis.refused_settings):
        log = f"kubectl -n {report.namespace} logs {report.primary or pod_name(report.name)} -c sidecar"
        yield "config", Text(f"Redis refuses {refused} of its settings, and may not start again; see {log}", style=_BAD)
    if report.pods is None:
        yield "pod", Text("not known: you may not look at pods", style="yellow")
    elif not report.pods:
        yield "pod", Text("there is none", style=_BAD)
    for pod in report.pods or ():
        yield "pod", _pod(pod, now)
        for container in pod.containers:
            yield f"  {container.name}{' (init)' if container.init else ''}", _container(container, now)


def _memory(report: Report) -> str:
    limit = f", container limit {report.memory_limit}" if report.memory_limit else ""
    redis = report.redis
    if redis is None or redis.memory_used_bytes is None:
        return f"- of {report.maxmemory or '-'}{limit}"
    used = format_bytes(redis.memory_used_bytes)
    if not redis.memory_max_bytes:
        return f"{used}, no maxmemory{limit}"
    part = redis.memory_used_bytes / redis.memory_max_bytes
    return f"{used} of {format_bytes(redis.memory_max_bytes)} ({part:.0%}){limit}"


def _redis(redis: RedisStats | None) -> Iterator[tuple[str, str]]:
    keys, clients, rate = (None, None, None) if redis is None else (redis.keys, redis.connected_clients, redis.hit_rate)
    yield "keys", "-" if keys is None else f"{keys:,}"
    yield "clients", "-" if clients is None else str(clients)
    yield "hit rate", "-" if rate is None else f"{rate:.1%}"


def _pod(pod: Pod, now: datetime) -> Text:
    where = f" on {pod.node}" if pod.node else ""
    text = (
        f"{pod.name} {pod.phase}{where}, started {age(parse_time(pod.started_at), now)} ago"
        if pod.started_at
        else f"{pod.name} {pod.phase}"
    )
    return Text(text, style="" if pod.phase == "Running" else "yellow")


def _container(container: Container, now: datetime) -> Text:
    text = (
        f"{container.state}{'' if container.ready else ', not ready'}, {container.restarts} restart{'' if container.restarts == 1 else 's'}"
    )
    if container.last_end is not None:
        text += f" (last: {container.last_end}, {age(parse_time(container.last_end_at), now)} ago)"
    return Text(text, style="" if container.ready else _BAD)


def _conditions(report: Report, now: datetime) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("CONDITION", "STATUS", "REASON", "SINCE"):
        table.add_column(heading, no_wrap=True)
    table.add_column("MESSAGE", overflow="fold")
    for condition in report.conditions:
        since = age(parse_time(condition.last_transition_time), now)
        table.add_row(condition.type, _status(condition), condition.reason, since, Text(condition.message))
    return table


def _status(condition: Condition) -> Text:
    good = is_as_wanted(condition.type, condition.status)
    passing = condition.type in PASSING or condition.status == "Unknown"
    return Text(condition.status, style="green" if good else "yellow" if passing else _BAD)


def _members(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("MEMBER", "ROLE", "LINK", "IN SYNC", "OFFSET", "LAG"):
        table.add_column(heading, no_wrap=True)
    for member in report.members:
        offset = "-" if member.offset is None else str(member.offset)
        lag = "-" if member.lag_bytes is None else format_bytes(member.lag_bytes)
        table.add_row(member.name, member.role or "-", _good(member.linked, "up", "down"), _good(member.in_sync, "yes", "no"), offset, lag)
    return table


def _good(value: bool | None, yes: str, no: str) -> Text:
    return Text("-") if value is None else Text(yes, style="green") if value else Text(no, style=_BAD)


def _events(report: Report, now: datetime) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("EVENT", "REASON", "OBJECT"):
        table.add_column(heading, no_wrap=True)
    table.add_column("MESSAGE", overflow="fold")
    for event in report.events:
        when = f"{age(parse_time(event.at), now)} ago{f' (x{event.count})' if event.count > 1 else ''}"
        table.add_row(when, Text(event.reason, style="" if event.type == "Normal" else _BAD), event.object, Text(event.message))
    return table
