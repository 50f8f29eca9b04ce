"""What sidecars say of themselves, on pages outside the base path. Each answer is checked like any input."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kuberedis_core import member_report, recent
from kuberedis_core.crd.names import NamespacedName, pod_name
from kuberedis_core.member_report import REPORT_PATH, MemberReport
from kuberedis_core.recent import RECENT_PATH, Recent
from kuberedis_dashboard.errors import Unavailable
from kuberedis_dashboard.gateway.gateways import Call, Gateways
from kuberedis_dashboard.views.metrics_page import Figures, figures

T = TypeVar("T")

_SECONDS = 5.0
_MOST_BYTES = 2**20
_UPGRADE = "The sidecar may be of another release; restart the instance to bring it to the operator's."


async def read_recent(gateways: Gateways, instance: NamespacedName, member: int) -> Recent:
    """The last hour of a member.

    Raises:
        Unavailable: It cannot be read.
    """
    # One process may serve several instances and all their members, as in local mode.
    body = await _page(gateways, instance, member, f"{RECENT_PATH}?name={instance.name}&member={pod_name(instance.name, member)}")
    found = _read(recent.load, body, instance)
    if found.name != instance.name:
        raise _unreadable(instance, "another instance answers")
    return found


async def read_report(gateways: Gateways, instance: NamespacedName, member: int) -> MemberReport:
    """What one of several members says of itself.

    Raises:
        Unavailable: It cannot be read.
    """
    body = await _page(gateways, instance, member, f"{REPORT_PATH}?member={pod_name(instance.name, member)}")
    found = _read(member_report.load, body, instance)
    if found.name != pod_name(instance.name, member):
        raise _unreadable(instance, "another member answers")
    return found


async def read_figures(gateways: Gateways, instance: NamespacedName, member: int) -> Figures:
    """The figures of a member that no series has.

    Raises:
        Unavailable: They cannot be read.
    """
    body = await _page(gateways, instance, member, "/metrics")
    return _read(lambda content: figures(content.decode(), instance.name), body, instance)


async def _page(gateways: Gateways, instance: NamespacedName, member: int, path: str) -> bytes:
    answer = await gateways.fetch(instance, Call(path, most_bytes=_MOST_BYTES, seconds=_SECONDS), member)
    if answer.status != 200:
        raise _unreadable(instance, f"status {answer.status} for {path}")
    return answer.body


def _read(load: Callable[[bytes], T], body: bytes, instance: NamespacedName) -> T:
    try:
        return load(body)
    except ValueError as error:
        raise _unreadable(instance, str(error)) from None


def _unreadable(instance: NamespacedName, problem: str) -> Unavailable:
    return Unavailable(f"the answer of the sidecar of {'/'.join(instance)} cannot be used: {problem[:200]}", _UPGRADE)
