"""The last hour of an instance, and what its members say of themselves, as far as they answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from kuberedis_core.body import Body
from kuberedis_core.crd.names import NamespacedName
from kuberedis_core.member_report import MemberReport
from kuberedis_dashboard.errors import Unavailable
from kuberedis_dashboard.gateway.gateways import Gateways
from kuberedis_dashboard.gateway.sidecar_pages import read_recent, read_report
from kuberedis_dashboard.views.member import member_count, primary_ordinal
from kuberedis_dashboard.views.series import Series, of_members

T = TypeVar("T")


async def last_hour(gateways: Gateways, instance: Body) -> Series:
    """The last hour of an instance.

    Args:
        gateways: the way to it.
        instance: the instance as the API server gave it to the user who asks.

    Raises:
        Unavailable: no member answers.
    """
    name, first = _name(instance), primary_ordinal(instance)
    ordinals = sorted(range(member_count(instance)), key=lambda ordinal: ordinal != first)
    answers = await _answers([partial(read_recent, gateways, name, ordinal) for ordinal in ordinals])
    recents = [answer for answer in answers if not isinstance(answer, Unavailable)]
    if not recents:
        raise next(answer for answer in answers if isinstance(answer, Unavailable))
    return of_members(recents)


async def reports(gateways: Gateways, instance: Body) -> Mapping[int, MemberReport]:
    """What those members that answer say, by their ordinals; nothing of one that stands alone."""
    count = member_count(instance)
    if count == 1:
        return {}
    answers = await _answers([partial(read_report, gateways, _name(instance), ordinal) for ordinal in range(count)])
    return {ordinal: answer for ordinal, answer in enumerate(answers) if not isinstance(answer, Unavailable)}


async def _answers(requests: Sequence[Callable[[], Awaitable[T]]]) -> list[T | Unavailable]:
    return await asyncio.gather(*map(_answer, requests))


async def _answer(request: Callable[[], Awaitable[T]]) -> T | Unavailable:
    try:
        return await request()
    except Unavailable as problem:
        return problem


def _name(instance: Body) -> NamespacedName:
    metadata = instance["metadata"]
    return NamespacedName(metadata["namespace"], metadata["name"])
