"""Serving the gateway of one instance until a signal ends it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys

import uvloop

from kuberedis_core import logging
from kuberedis_core import sidecar_environment as env
from kuberedis_core.environment import SettingsError
from kuberedis_core.logging import log
from kuberedis_core.tracing import tracing_enabled
from kuberedis_core.version import VERSION
from kuberedis_sidecar.errors import UnusableKey
from kuberedis_sidecar.server import Server
from kuberedis_sidecar.settings import Settings, unknown_settings
from kuberedis_sidecar.telemetry.log_output import standard_output
from kuberedis_sidecar.telemetry.tracing import Tracing

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
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    tracing = Tracing("kuberedis-sidecar") if tracing_enabled(os.environ) else None
    server = Server(settings.host, settings.port, tracing, settings.request_timeout_seconds, settings.memory_bytes)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await server.add(settings)
        await server.start()
    except UnusableKey as error:
        return _print_error(f"{env.AUTH_DIR}: {error}", 2)
    except OSError as error:
        return _print_error(f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}; set {env.LISTEN}", 1)
    # What exists now is permanent, so the collector can skip it; and the lists of one pipeline should not trigger a collection.
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)
    log.info("listening", address=f"{server.host}:{server.port}", instance=settings.instance, base_path=settings.base_path, version=VERSION)
    await stop.wait()
    log.info("draining", grace_seconds=settings.shutdown_grace_seconds)
    await server.drain(settings.shutdown_grace_seconds)
    if tracing is not None:
        tracing.close()
    log.info("stopped")
    standard_output().finish(_LOG_SECONDS)
    return 0


def _print_error(text: str, code: int) -> int:
    sys.stderr.write(f"kuberedis-sidecar: {text}\n")
    return code
