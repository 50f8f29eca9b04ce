"""What happens to one instance: one watch of the user's own, begun anew every minute, so that the API server judges again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from kuberedis_core.backoff import backoff_seconds
from kuberedis_core.body import Body
from kuberedis_dashboard.errors import Expired, NotFound, Unavailable
from kuberedis_dashboard.kube.client import INSTANCE, KubeClient
from kuberedis_dashboard.live.following import Away

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 10.0


async def follow_one(kube: KubeClient, namespace: str, name: str) -> AsyncIterator[Body | Away]:
    """The instance, and then each state of it, for ever; again once a minute, and after an `Away` once there is an answer.

    Args:
        kube: the API server, asked as the user.
        namespace: the namespace of the instance.
        name: its name.

    Raises:
        NotFound: it was deleted.
        NotAllowed: the user may not see or watch it, or not any more.
        SignedOut: the API server does not accept the credential any more.
    """
    failures = 0
    while True:
        try:
            instance = await kube.get_instance(namespace, name)
            failures = 0
            yield instance
            async for changed in _states(kube, instance):
                yield changed
        except Expired:
            continue
        except Unavailable as problem:
            failures += 1
            yield Away(problem)
            await asyncio.sleep(backoff_seconds(failures, first=_FIRST_PAUSE_SECONDS, longest=_LONGEST_PAUSE_SECONDS))


async def _states(kube: KubeClient, instance: Body) -> AsyncIterator[Body]:
    metadata = instance["metadata"]
    only = {"fieldSelector": f"metadata.name={metadata['name']}"}
    path = INSTANCE.path(metadata["namespace"])
    async with kube.watch(path, metadata["resourceVersion"], params=only) as events:
        async for event in events:
            if event["type"] == "DELETED":
                raise NotFound(
                    f"{metadata['namespace']}/{metadata['name']} was deleted", "Its page is gone; go back to the list of instances."
                )
            if event["type"] != "BOOKMARK":
                yield event["object"]
