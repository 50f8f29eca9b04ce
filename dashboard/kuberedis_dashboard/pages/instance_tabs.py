"""The pages of one instance, of which those are offered that its user may use. Each page refuses by itself what is not allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sanic import Request

from kuberedis_core.crd.kind import PLURAL
from kuberedis_core.crd.names import secret_name


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of an instance."""

    page: str
    label: str
    url: str


_PAGES: Sequence[tuple[str, str, str]] = (
    ("instance", "Overview", ""),
    ("instance_data", "Data", "key"),
    ("instance_console", "Console", "key"),
    ("instance_key", "Key", "key or patch"),
    ("instance_token", "Token", "key"),
    ("instance_slow_log", "Slow commands", "key"),
    ("instance_events", "Events", ""),
    ("instance_yaml", "YAML", ""),
    ("instance_edit", "Edit", "patch"),
    ("instance_delete", "Delete", "delete"),
)
"""Name of the route, label, and the right that it needs beyond reading the instance."""


async def instance_tabs(request: Request[Any, Any], namespace: str, name: str) -> tuple[Tab, ...]:
    """The pages of an instance that its user may use."""
    source, addresses = request.ctx.source, request.app.ctx.addresses
    key, patch, delete = await asyncio.gather(
        source.may("get", "secrets", namespace, secret_name(name)),
        source.may("patch", PLURAL, namespace, name),
        source.may("delete", PLURAL, namespace, name),
    )
    rights = {"": True, "key": key, "patch": patch, "key or patch": key or patch, "delete": delete}
    return tuple(
        Tab(page, label, addresses.url(page, namespace=namespace, name=name))
        for page, label, right in _PAGES
        if page in addresses.paths and rights[right]
    )
