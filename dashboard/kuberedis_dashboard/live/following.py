"""What happens to the instances that a user may list: one watch of their own, begun anew every minute.

A watch outlives a right that is taken away, so that it is begun anew: then the API server judges again. When it does not answer, it is
asked again, and everything is listed anew once it does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from kuberedis_core.backoff import backoff_seconds
from kuberedis_core.body import Body
from kuberedis_dashboard.errors import Expired, Unavailable
from kuberedis_dashboard.kube.client import INSTANCE, KubeClient

MOST_INSTANCES = 5_000
"""Beyond so many, only what comes first in the order of the API server is read."""

_PART = 500
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 10.0


@dataclass(frozen=True, slots=True)
class Listed:
    """All instances, at one moment.

    Args:
        instances: the objects.
        resource_version: from which a watch continues.
        is_cut: whether there are more than were read.
    """

    instances: list[Body]
    resource_version: str
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """An instance was created or changed, or is gone."""

    instance: Body
    is_gone: bool


@dataclass(frozen=True, slots=True)
class Away:
    """The API server does not answer; it is asked again."""

    problem: Unavailable


Happening = Listed | Changed | Away


async def list_all(kube: KubeClient, namespace: str | None) -> Listed:
    """All instances of a namespace or of the cluster, up to `MOST_INSTANCES`.

    Args:
        kube: the API server, asked as the user.
        namespace: the namespace; None for all.

    Raises:
        NotAllowed: the user may not list them.
        DashboardError: another one that fits what the API server answered.
    """
    found: list[Body] = []
    continue_ = ""
    while True:
        page = await kube.list_instances(namespace, _PART, continue_)
        found += page.items
        continue_ = page.continue_
        if not continue_ or len(found) >= MOST_INSTANCES:
            return Listed(found, page.resource_version, bool(continue_))


async def follow(kube: KubeClient, namespace: str | None) -> AsyncIterator[Happening]:
    """All instances, and then what happens to them, for ever. What comes after an `Away` is a `Listed`, once there is an answer.

    Args:
        kube: the API server, asked as the user.
        namespace: the namespace; None for all.

    Raises:
        NotAllowed: the user may not list or watch them, or not any more.
        SignedOut: the API server does not accept the credential any more.
    """
    failures = 0
    while True:
        try:
            listed = await list_all(kube, namespace)
            failures, version = 0, listed.resource_version
            yield listed
            # Not kept for as long as the page is open: 24 instances take a third of a megabyte.
            del listed
            async for changed in _changes(kube, namespace, version):
                yield changed
        except Expired:
            continue
        except Unavailable as problem:
            failures += 1
            yield Away(problem)
            await asyncio.sleep(backoff_seconds(failures, first=_FIRST_PAUSE_SECONDS, longest=_LONGEST_PAUSE_SECONDS))


async def _changes(kube: KubeClient, namespace: str | None, resource_version: str) -> AsyncIterator[Changed]:
    while True:
        async with kube.watch(INSTANCE.path(namespace), resource_version) as events:
            async for event in events:
                instance = event["object"]
                resource_version = instance["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    yield Changed(instance, event["type"] == "DELETED")
