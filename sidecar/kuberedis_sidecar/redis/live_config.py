"""Settings that are applied to a running Redis: a file of a mounted ConfigMap, applied by CONFIG SET whenever the file changes.

A setting that Redis refuses is logged and does not prevent others from being applied.
"""

from __future__ import annotations

from pathlib import Path

import orjson

from kuberedis_core.logging import log
from kuberedis_core.redis_info import parse_info
from kuberedis_sidecar.errors import ErrorReply, RedisUnavailable
from kuberedis_sidecar.redis.shared_connection import SharedConnection

# Settings of snapshots (RDB).
_SNAPSHOTS = frozenset({"save", "dbfilename"})
_NOT_NOW = ("BUSY", "LOADING")


class LiveConfig:
    """The settings in one file, a JSON object of text such as ``{"maxmemory": "536870912"}``.

    Args:
        path: File; names and values are those of CONFIG SET (https://redis.io/docs/latest/commands/config-set/).
        instance: Name of the instance, for the log.
    """

    def __init__(self, path: Path, instance: str) -> None:
        self._path = path
        self._instance = instance
        # A Redis that restarts loses them, so they count as applied for one connection only.
        self._applied: tuple[bytes, int] | None = None
        self._problem = ""
        self.refused = 0
        """Number of settings in the file that Redis refused."""

    async def apply(self, administrator: SharedConnection) -> None:
        """Apply the file, unless neither it nor the connection has changed since it was last applied.

        When Redis is unavailable, loading or busy with a script, or is still writing its data to a new append-only file, the next call
        tries again.
        """
        connection = administrator.connects
        try:
            text = self._path.read_bytes()
            settings = None if (text, connection) == self._applied else _parse(text)
        except (OSError, ValueError) as error:
            self._report(getattr(error, "strerror", None) or str(error))
            return
        if settings is None:
            return
        try:
            refused = await _apply(settings, administrator)
        except RedisUnavailable:
            return
        if refused is None:
            return
        for name, reason in refused.items():
            log.error("redis_setting_refused", instance=self._instance, setting=name, reason=reason)
        self._applied, self._problem, self.refused = (text, connection), "", len(refused)
        log.info("redis_settings_applied", instance=self._instance, settings=len(settings) - len(refused), refused=len(refused))

    def _report(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            log.error("redis_settings_unusable", instance=self._instance, reason=problem, consequence="Redis keeps the settings it has")


async def _apply(settings: dict[str, str], administrator: SharedConnection) -> dict[str, str] | None:
    """The settings that Redis refused, with its reasons; None if it is not ready for all of them."""
    refused: dict[str, str] = {}
    for name, value in _in_order(settings):
        try:
            if name in _SNAPSHOTS and _uses_aof(settings):
                if "appendonly" in refused:
                    continue
                if await _is_rewriting_aof(administrator):
                    return None
            await administrator.call(("CONFIG", "SET", name, value))
        except ErrorReply as refusal:
            if str(refusal).startswith(_NOT_NOW):
                return None
            refused[name] = str(refusal)
    return refused


def _uses_aof(settings: dict[str, str]) -> bool:
    return settings.get("appendonly") == "yes"


def _in_order(settings: dict[str, str]) -> list[tuple[str, str]]:
    # Persistence switches without a gap: the append-only file begins before snapshots end, and ends after they begin.
    last = _SNAPSHOTS if _uses_aof(settings) else {"appendonly"}
    return sorted(settings.items(), key=lambda setting: setting[0] in last)


async def _is_rewriting_aof(administrator: SharedConnection) -> bool:
    """Whether the append-only file may lack data, because a rewrite is running or scheduled."""
    [text] = await administrator.call(("INFO", "persistence"))
    info = parse_info(text.decode())
    return info["aof_rewrite_in_progress"] == "1" or info["aof_rewrite_scheduled"] == "1"


def _parse(text: bytes) -> dict[str, str]:
    settings = orjson.loads(text)
    if not isinstance(settings, dict) or not all(isinstance(value, str) for value in settings.values()):
        raise ValueError("not a JSON object of text")
    return settings
