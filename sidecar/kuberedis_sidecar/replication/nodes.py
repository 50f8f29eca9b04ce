"""Connections of the agent to Redis and Sentinel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.settings import RedisAddress

Connect: TypeAlias = Callable[[RedisAddress], Awaitable[Connection]]
"""Connects; raises OSError when that fails."""
