"""How the limits of a sidecar are divided between its workers. Pure."""

from __future__ import annotations

from dataclasses import replace

from kuberedis_core.sidecar_environment import BASE_MEMORY_BYTES, base_memory
from kuberedis_sidecar.settings import Settings


def most_workers(settings: Settings) -> int:
    """How many workers there are: fewer than wanted where one of them would have nothing of a limit."""
    return min(settings.workers, settings.max_requests, settings.max_blocking_connections, settings.max_subscribers, settings.max_grants)


def part_of(settings: Settings, index: int) -> Settings:
    """The settings of one worker, counted from 0: together, all have the limits of `settings`."""
    workers = settings.workers
    memory = BASE_MEMORY_BYTES + (settings.memory_bytes - base_memory(workers)) // workers

    def divided(limit: int) -> int:
        return (limit + workers - 1 - index) // workers

    return replace(
        settings,
        memory_bytes=memory,
        max_requests=divided(settings.max_requests),
        max_blocking_connections=divided(settings.max_blocking_connections),
        max_subscribers=divided(settings.max_subscribers),
        max_grants=divided(settings.max_grants),
    )
