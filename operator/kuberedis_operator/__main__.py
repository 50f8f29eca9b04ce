"""``kuberedis-operator``: watches instances and makes them what they say, told everything by its environment."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading

from kuberedis_sidecar import logs
from kuberedis_sidecar.logs import log
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException

from kuberedis_operator import handlers, health
from kuberedis_operator.api import Api, load_configuration
from kuberedis_operator.controller import Controller
from kuberedis_operator.metrics import OperatorMetrics
from kuberedis_operator.settings import OperatorSettings, SettingsError

# So many resyncs may fail, or take long, before a restart is worth a try.
_MISSED_RESYNCS = 3
_WATCH_AGAIN_SECONDS = 5.0


def main() -> None:
    """Run until SIGTERM or SIGINT. Exits with 2 when a setting does not fit or no cluster is named, and 1 when the address is taken."""
    try:
        settings = OperatorSettings.from_environ(os.environ)
    except SettingsError as error:
        sys.exit(_complain(str(error), 2))
    logs.configure(settings.log_level)
    sys.exit(asyncio.run(_serve(settings)))


async def _serve(settings: OperatorSettings) -> int:
    try:
        configuration = await load_configuration()
    except ConfigException as error:
        return _complain(f"no cluster to work for: {error}; run the operator in a pod, or set KUBECONFIG", 2)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    metrics = OperatorMetrics()
    api = Api(configuration, settings.api_concurrency, metrics)
    controller = Controller(api, settings, metrics)
    try:
        runner = await health.serve(
            settings.host,
            settings.port,
            age_seconds=controller.resync.age,
            max_age_seconds=_MISSED_RESYNCS * settings.resync_seconds,
            complete=lambda: controller.cluster.complete,
            page=metrics.render,
        )
    except OSError as error:
        return _complain(f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}; set KUBEREDIS_LISTEN", 1)
    await _work(settings, controller, configuration, stop)
    await runner.cleanup()
    await api.close()
    log.info("stopped")
    return 0


async def _work(settings: OperatorSettings, controller: Controller, configuration: Configuration, stop: asyncio.Event) -> None:
    stop_watch = threading.Event()
    work = asyncio.create_task(controller.run())
    work.add_done_callback(lambda _: stop.set())
    watch = asyncio.create_task(_watch_instances(settings, controller, configuration, stop_watch))
    await stop.wait()
    stop_watch.set()
    for task in (watch, work):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _watch_instances(settings: OperatorSettings, controller: Controller, configuration: Configuration, stop: threading.Event) -> None:
    """Have kopf watch the instances, and start it again when it ends, as it does when a watch is refused.

    It has a thread and an event loop of its own, because it cancels every task of its loop when it ends.
    """
    loop = asyncio.get_running_loop()
    registry = handlers.registry(configuration, lambda kind, body: loop.call_soon_threadsafe(controller.instance_changed, kind, body))
    # kopf looks for the kind only at its start, so it has to be there by then.
    await controller.resync.listed.wait()
    while not stop.is_set():
        failure = await asyncio.to_thread(handlers.watch, registry, settings.namespaces, stop)
        if failure is not None:
            log.warning("watch_failed", resource="instances", error=str(failure), again_in_seconds=_WATCH_AGAIN_SECONDS)
            await asyncio.sleep(_WATCH_AGAIN_SECONDS)


def _complain(text: str, code: int) -> int:
    sys.stderr.write(f"kuberedis-operator: {text}\n")
    return code


if __name__ == "__main__":
    main()
