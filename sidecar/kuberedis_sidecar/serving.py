"""Serving the gateway of one instance until a signal ends it, in this process or in several workers."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Coroutine
from dataclasses import replace
from importlib import import_module
from typing import Any

import uvloop

from kuberedis_core import logging
from kuberedis_core import sidecar_environment as env
from kuberedis_core.environment import SettingsError
from kuberedis_core.logging import log
from kuberedis_core.tracing import tracing_enabled
from kuberedis_core.version import VERSION
from kuberedis_sidecar.auth.keys import read_keys
from kuberedis_sidecar.errors import UnusableKey
from kuberedis_sidecar.lean_imports import import_prometheus_client
from kuberedis_sidecar.server import Server
from kuberedis_sidecar.settings import Settings, unknown_settings
from kuberedis_sidecar.telemetry.log_output import standard_output
from kuberedis_sidecar.telemetry.tracing import Tracing
from kuberedis_sidecar.workers.board import Board
from kuberedis_sidecar.workers.parts import most_workers, part_of
from kuberedis_sidecar.workers.supervisor import Supervisor, Worker

# A reader of the log that has stopped must not delay the exit.
_LOG_SECONDS = 1.0


def serve() -> int:
    """Run until SIGTERM or SIGINT. Returns the exit code: 2 when a setting does not fit, 1 when the address is taken."""
    try:
        settings = Settings.from_environ(os.environ)
    except SettingsError as error:
        return _print_error(str(error), 2)
    logging.configure(settings.log_level, standard_output())
    for name in unknown_settings(os.environ):
        log.warning("unknown_setting", variable=name, consequence="it is ignored")
    workers = most_workers(settings)
    if workers < settings.workers:
        log.warning("fewer_workers", workers=workers, reason="a limit allows fewer than that at once")
        settings = replace(settings, workers=workers)
    return _run(_serve(settings)) if workers == 1 else _supervise(settings)


def _supervise(settings: Settings) -> int:
    board = Board(settings.workers)
    server = _server(settings, None, board)
    try:
        read_keys(settings.auth_dir)
        asyncio.run(server.listen())
    except (UnusableKey, OSError) as error:
        return _refuse(settings, error)
    _import_rest(settings)
    _freeze()
    _log_listening(settings, server.port)
    standard_output().start(None)
    code = Supervisor(board, lambda worker: _run(_serve_beside_others(settings, server, worker)), settings.shutdown_grace_seconds).run()
    log.info("stopped")
    standard_output().finish(_LOG_SECONDS)
    return code


def _server(settings: Settings, tracing: Tracing | None, board: Board | None = None) -> Server:
    memory = settings.memory_bytes // settings.workers
    return Server(settings.host, settings.port, tracing, settings.request_timeout_seconds, memory, board=board)


def _run(serving: Coroutine[Any, Any, int]) -> int:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serving)


async def _serve(settings: Settings) -> int:
    standard_output().write_alone()
    tracing = _tracing()
    server = _server(settings, tracing)
    stop = _stop_event()
    try:
        await server.add(settings)
        await server.start()
    except (UnusableKey, OSError) as error:
        return _refuse(settings, error)
    _freeze()
    _log_listening(settings, server.port)
    await stop.wait()
    log.info("draining", grace_seconds=settings.shutdown_grace_seconds)
    await server.drain(settings.shutdown_grace_seconds)
    if tracing is not None:
        tracing.close()
    log.info("stopped")
    standard_output().finish(_LOG_SECONDS)
    return 0


async def _serve_beside_others(settings: Settings, server: Server, worker: Worker) -> int:
    tracing = _tracing()
    stop = _stop_event()
    loop = asyncio.get_running_loop()

    def end_without_supervisor() -> None:
        loop.remove_reader(worker.supervised)
        stop.set()

    loop.add_reader(worker.supervised, end_without_supervisor)
    worker.take_signals()
    server.join(worker, tracing)
    try:
        await server.add(part_of(settings, worker.index))
    except UnusableKey as error:
        return _refuse(settings, error)
    await server.start()
    _freeze()
    await stop.wait()
    await server.drain(settings.shutdown_grace_seconds)
    if tracing is not None:
        tracing.close()
    standard_output().finish(_LOG_SECONDS)
    return 0


def _tracing() -> Tracing | None:
    return Tracing("kuberedis-sidecar") if tracing_enabled(os.environ) else None


def _stop_event() -> asyncio.Event:
    """Is set by a signal that ends this process."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _import_rest(settings: Settings) -> None:
    """Import what a worker would import when it needs it, so that they share it."""
    import_prometheus_client()
    if settings.members is not None:
        import_module("kuberedis_sidecar.gateway.member")
    if tracing_enabled(os.environ):
        import_module("kuberedis_sidecar.telemetry.fast_spans")


def _freeze() -> None:
    # What exists now is permanent, so the collector can skip it, and does not write to memory that workers share; and the lists of one
    # pipeline should not trigger a collection.
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)


def _log_listening(settings: Settings, port: int) -> None:
    several = {"workers": settings.workers} if settings.workers > 1 else {}
    address = f"{settings.host}:{port}"
    log.info("listening", address=address, instance=settings.instance, base_path=settings.base_path, version=VERSION, **several)


def _refuse(settings: Settings, error: Exception) -> int:
    if isinstance(error, UnusableKey):
        return _print_error(f"{env.AUTH_DIR}: {error}", 2)
    reason = getattr(error, "strerror", None) or error
    return _print_error(f"cannot listen on {settings.host}:{settings.port}: {reason}; set {env.LISTEN}", 1)


def _print_error(text: str, code: int) -> int:
    sys.stderr.write(f"kuberedis-sidecar: {text}\n")
    return code
