"""``kuberedis-operator``: watches instances and makes them what they say, told everything by its environment."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys

from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException

from kuberedis_core import logging
from kuberedis_core.crd.kind import PLURAL
from kuberedis_core.logging import log
from kuberedis_operator.runtime import health_server, kopf_watch
from kuberedis_operator.runtime.api_client import Api, load_configuration
from kuberedis_operator.runtime.controller import Controller
from kuberedis_operator.runtime.metrics import OperatorMetrics
from kuberedis_operator.settings import OperatorSettings, SettingsError, unknown

# So many resyncs may fail, or take long, before a restart is worth a try.
_MISSED_RESYNCS = 3
_WATCH_AGAIN_SECONDS = 5.0


def main() -> None:
    """Run until SIGTERM or SIGINT. Exits with 2 when a setting does not fit or no cluster is named, and 1 when the address is taken."""
    try:
        settings = OperatorSettings.from_environ(os.environ)
    except SettingsError as error:
        sys.exit(_complain(str(error), 2))
    logging.configure(settings.log_level)
    for name in unknown(os.environ):
        log.warning("unknown_setting", variable=name, consequence="it is ignored")
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
        runner = await health_server.serve(
            settings.host,
            settings.port,
            age_seconds=controller.resync.age,
            max_age_seconds=_MISSED_RESYNCS * settings.resync_seconds,
            complete=lambda: controller.cluster.complete,
            page=metrics.render,
        )
    except OSError as error:
        return _complain(f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}; set KUBEREDIS_LISTEN", 1)
    await work(settings, controller, configuration, stop)
    await runner.cleanup()
    await api.close()
    log.info("stopped")
    return 0


async def work(settings: OperatorSettings, controller: Controller, configuration: Configuration, stop: asyncio.Event) -> None:
    """Watch the instances and have `controller` work until `stop`.

    Args:
        settings: Of the operator.
        controller: What works.
        configuration: How to reach the API server.
        stop: Set to end; it is set here when the work ends by itself.
    """
    loop = asyncio.get_running_loop()
    registry = kopf_watch.registry(configuration, lambda kind, body: loop.call_soon_threadsafe(controller.instance_changed, kind, body))
    instance_watch = kopf_watch.InstanceWatch(registry, settings.namespaces)
    work = asyncio.create_task(controller.run())
    work.add_done_callback(lambda _: stop.set())
    watching = asyncio.create_task(_keep_watching(instance_watch, controller, stop))
    await stop.wait()
    instance_watch.stop()
    await watching
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work


async def _keep_watching(instance_watch: kopf_watch.InstanceWatch, controller: Controller, stop: asyncio.Event) -> None:
    """Start the watch of instances, and start it again whenever it ends, as it does when it is refused."""
    # kopf looks for the kind only at its start, so it has to be there by then.
    await _first_of(controller.resync.listed, stop)
    while not stop.is_set():
        failure = await asyncio.to_thread(instance_watch.run)
        if failure is not None:
            log.warning("watch_failed", resource=PLURAL, error=str(failure), again_in_seconds=_WATCH_AGAIN_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _WATCH_AGAIN_SECONDS)


async def _first_of(*events: asyncio.Event) -> None:
    tasks = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


def _complain(text: str, code: int) -> int:
    sys.stderr.write(f"kuberedis-operator: {text}\n")
    return code


if __name__ == "__main__":
    main()
