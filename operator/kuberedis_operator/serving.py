"""Serves the operator: its settings, its parts, and the watch that is kept up until it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence

from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException

from kuberedis_core import logging
from kuberedis_core.environment import LISTEN, SettingsError
from kuberedis_core.logging import log
from kuberedis_operator.instance.foreign_routes import ForeignRoutes
from kuberedis_operator.instance.instance_metrics import InstanceMetrics
from kuberedis_operator.instance.member_reports import MemberReports
from kuberedis_operator.instance.reconciler import InstanceReconciler
from kuberedis_operator.resources.kinds import CHILDREN, INSTANCE
from kuberedis_operator.runtime import health_server, kopf_watch, loop_lag
from kuberedis_operator.runtime.api_client import ApiClient, load_configuration
from kuberedis_operator.runtime.controller import Controller
from kuberedis_operator.runtime.metrics import OperatorMetrics
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.runtime.tracing import UNTRACED, Spans, spans
from kuberedis_operator.settings import OperatorSettings, unknown_settings

# After so many resyncs without success, a restart is worth an attempt.
_MISSED_RESYNCS = 3
_WATCH_AGAIN_SECONDS = 5.0


def serve() -> int:
    """Run until SIGTERM or SIGINT.

    Returns:
        The exit code: 2 if a setting does not fit or no cluster is configured, 1 if the address cannot be listened on.
    """
    try:
        settings = OperatorSettings.from_environ(os.environ)
    except SettingsError as error:
        return _fail(str(error), 2)
    logging.configure(settings.log_level)
    for name in unknown_settings(os.environ):
        log.warning("unknown_setting", variable=name, consequence="it is ignored")
    return asyncio.run(_serve(settings))


def instance_controller(
    api: ApiClient, settings: OperatorSettings, metrics: OperatorMetrics, reports: MemberReports, traced: Spans = UNTRACED
) -> Controller:
    """The controller of RedisHttpInstance.

    Args:
        api: client of the API server.
        settings: settings of the operator.
        metrics: metrics of the operator.
        reports: reads the reports of members.
        traced: where reconciles are traced.
    """
    foreign = ForeignRoutes()
    store = ObjectStore(api, INSTANCE, CHILDREN, settings.namespaces, metrics, foreign.readers)
    reconciler = InstanceReconciler(api, store, settings, foreign.hosts, reports, metrics)
    metrics.add(InstanceMetrics(store.owners).render)
    return Controller(store, reconciler, metrics, workers=settings.api_concurrency, resync_seconds=settings.resync_seconds, spans=traced)


async def _serve(settings: OperatorSettings) -> int:
    try:
        configuration = await load_configuration()
    except ConfigException as error:
        return _fail(f"no cluster is configured: {error}; run the operator in a pod, or set KUBECONFIG", 2)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    metrics, traced = OperatorMetrics(), spans(os.environ)
    api = ApiClient(configuration, settings.api_concurrency, metrics, traced)
    reports = MemberReports(metrics)
    controllers = [instance_controller(api, settings, metrics, reports, traced)]
    try:
        runner = await health_server.serve(
            settings.host,
            settings.port,
            age_seconds=lambda: max(controller.resync_age() for controller in controllers),
            max_age_seconds=_MISSED_RESYNCS * settings.resync_seconds,
            complete=lambda: all(controller.store.complete for controller in controllers),
            page=metrics.render,
        )
    except OSError as error:
        return _fail(f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}; set {LISTEN}", 1)
    measuring = asyncio.create_task(loop_lag.measure(metrics.loop_lag.observe))
    await work(settings, controllers, configuration, stop)
    measuring.cancel()
    await runner.cleanup()
    await reports.close()
    await api.close()
    traced.close()
    log.info("stopped")
    return 0


async def work(settings: OperatorSettings, controllers: Sequence[Controller], configuration: Configuration, stop: asyncio.Event) -> None:
    """Watch the custom resources and run their controllers until `stop`.

    Args:
        settings: settings of the operator.
        controllers: a controller for each kind.
        configuration: how to reach the API server.
        stop: set to end; it is set here when a controller ends by itself.
    """
    deliveries = {controller.store.kind: _delivery(controller) for controller in controllers}
    watch = kopf_watch.KopfWatch(kopf_watch.handlers(configuration, deliveries), settings.namespaces)
    watching = asyncio.create_task(_keep_watching(watch, controllers, stop))
    running = [asyncio.create_task(controller.run()) for controller in controllers]
    for task in running:
        task.add_done_callback(lambda _: stop.set())
    await stop.wait()
    watch.stop()
    await watching
    for task in running:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _delivery(controller: Controller) -> kopf_watch.Deliver:
    """What passes a kind's events from kopf, which runs in a thread of its own, to the controller of that kind."""
    loop = asyncio.get_running_loop()
    return lambda event_type, body: loop.call_soon_threadsafe(controller.object_changed, event_type, body)


async def _keep_watching(watch: kopf_watch.KopfWatch, controllers: Sequence[Controller], stop: asyncio.Event) -> None:
    """Start the watch of custom resources, and start it again whenever it ends, as it does when it is refused."""
    # kopf looks for the kinds only at its start, so they have to exist by then.
    stopped = asyncio.create_task(stop.wait())
    for controller in controllers:
        listed = asyncio.create_task(controller.listed())
        await asyncio.wait([listed, stopped], return_when=asyncio.FIRST_COMPLETED)
        listed.cancel()
    stopped.cancel()
    while not stop.is_set():
        failure = await asyncio.to_thread(watch.run)
        if failure is not None:
            log.warning("kopf_failed", error=str(failure), retry_in_seconds=_WATCH_AGAIN_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _WATCH_AGAIN_SECONDS)


def _fail(text: str, code: int) -> int:
    sys.stderr.write(f"kuberedis-operator: {text}\n")
    return code
