"""The Redis of an instance for a request: by a token signed with the key that its user may read, and no other way."""

from __future__ import annotations

from typing import Any

from sanic import Request

from kuberedis_core.acl_rule import Scope
from kuberedis_core.crd.names import NamespacedName
from kuberedis_dashboard.gateway.redis_client import RedisClient
from kuberedis_dashboard.sources.source import Source
from kuberedis_dashboard.views.instance_path import base_path


async def redis_of(request: Request[Any, Any], namespace: str, name: str, scope: Scope = Scope.READ) -> RedisClient:
    """A client of an instance.

    Args:
        request: The request; its user reads the instance and its key.
        namespace: Namespace of the instance.
        name: Name of the instance.
        scope: The most that the client may do.

    Raises:
        NotFound: There is no such instance, or it has no key yet.
        NotAllowed: The user may not read the instance, or its key.
    """
    source: Source = request.ctx.source
    instance = await source.get_instance(namespace, name)
    signing = await source.read_signing(namespace, name)
    place, user = NamespacedName(namespace, name), request.ctx.user.name
    return RedisClient(request.app.ctx.gateways, place, base_path(instance), signing, user=user, scope=scope)
