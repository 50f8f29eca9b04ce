"""`kuberedis-operator`: watches the custom resources and reconciles them. Its settings come from the environment."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys

from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException

from kuberedis_core import logging
from kuberedis_core.environment import LISTEN, SettingsError
from kuberedis_core.logging import log
from kuberedis_operator.instance.reconciler import InstanceReconciler
from kuberedis_operator.resources.kinds import CHILDREN, INSTANCE
from kuberedis_operator.runtime import health_server, kopf_watch
from kuberedis_operator.runtime.api_client import ApiClient, load_configuration
from kuberedis_operator.runtime.controller import Controller
from kuberedis_operator.runtime.metrics import OperatorMetrics
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.settings import OperatorSettings, unknown_settings

# After so many resyncs without success, a restart is worth an attempt.
_MISSED_RESYNCS = 3
_WATCH_AGAIN_SECONDS = 5.0


def main() -> None:
    """Run until SIGTERM or SIGINT.

    Exits with 2 if a setting does not fit or no cluster is configured, and with 1 if the address cannot be listened on.
    """
    try:
        settings = OperatorSettings.from_environ(os.environ)
    except SettingsError as error:
        sys.exit(_fail(str(error), 2))
    logging.configure(settings.log_level)
    for name in unknown_settings(os.environ):
        log.warning("unknown_setting", variable=name, consequence="it is ignored")
    sys.exit(asyncio.run(_serve(settings)))


def instance_controller(api: ApiClient, settings: OperatorSettings, metrics: OperatorMetrics) -> Controller:
    """The controller of RedisHttpInstance.

    Args:
        api: client of the API server.
        settings: settings of the operator.
        metrics: metrics of the operator.
    """
    store = ObjectStore(api, INSTANCE, CHILDREN, settings.namespaces, metrics)
    reconciler = InstanceReconciler(api, store, settings)
    return Controller(store, reconciler, metrics, workers=settings.api_concurrency, resync_seconds=settings.resync_seconds)


async def _serve(settings: OperatorSettings) -> int:
    try:
        configuration = await load_configuration()
    except ConfigException as error:
        return _fail(f"no cluster is configured: {error}; run the operator in a pod, or set KUBECONFIG", 2)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    metrics = OperatorMetrics()
    api = ApiClient(configuration, settings.api_concurrency, metrics)
    controller = instance_controller(api, settings, metrics)
    try:
        runner = await health_server.serve(
            settings.host,
            settings.port,
            age_seconds=controller.resync.age,
            max_age_seconds=_MISSED_RESYNCS * settings.resync_seconds,
            complete=lambda: controller.store.complete,
            page=metrics.render,
        )
    except OSError as error:
        return _fail(f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}; set {LISTEN}", 1)
    await work(settings, controller, configuration, stop)
    await runner.cleanup()
    await api.close()
    log.info("stopped")
    return 0


async def work(settings: OperatorSettings, controller: Controller, configuration: Configuration, stop: asyncio.Event) -> None:
    """Watch the custom resources and run their controller until `stop`.

    Args:
        settings: settings of the operator.
        controller: controller of the custom resources.
        configuration: how to reach the API server.
        stop: set to end; it is set here when the controller ends by itself.
    """
    loop = asyncio.get_running_loop()

    def deliver(event_type: str | None, body: kopf_watch.Object) -> None:
        # kopf runs in a thread of its own.
        loop.call_soon_threadsafe(controller.object_changed, event_type, body)

    watch = kopf_watch.KopfWatch(kopf_watch.handlers(configuration, {controller.store.kind: deliver}), settings.namespaces)
    running = asyncio.create_task(controller.run())
    running.add_done_callback(lambda _: stop.set())
    watching = asyncio.create_task(_keep_watching(watch, controller, stop))
    await stop.wait()
    watch.stop()
    await watching
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def _keep_watching(watch: kopf_watch.KopfWatch, controller: Controller, stop: asyncio.Event) -> None:
    """Start the watch of custom resources, and start it again whenever it ends, as it does when it is refused."""
    # kopf looks for the kind only at its start, so it has to exist by then.
    await _first_of(controller.resync.listed, stop)
    while not stop.is_set():
        failure = await asyncio.to_thread(watch.run)
        if failure is not None:
            resource = controller.store.kind.plural
            log.warning("watch_failed", resource=resource, error=str(failure), retry_in_seconds=_WATCH_AGAIN_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _WATCH_AGAIN_SECONDS)


async def _first_of(*events: asyncio.Event) -> None:
    tasks = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


def _fail(text: str, code: int) -> int:
    sys.stderr.write(f"kuberedis-operator: {text}\n")
    return code


if __name__ == "__main__":
    main()
