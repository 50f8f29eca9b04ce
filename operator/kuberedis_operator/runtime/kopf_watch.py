"""Watches the operator's custom resources with kopf. Each event is passed on, and nothing else happens here.

Only raw events are handled: for any other handler kopf would write an annotation into each instance.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import kopf
from kubernetes.aio.client import Configuration

from kuberedis_core.api_kind import Kind
from kuberedis_core.crd.kind import GROUP

_WATCH_SECONDS = 300
# A pod's token is renewed in its file long before it ends; kopf asks for the credentials again this often.
_CREDENTIALS_FOR = timedelta(minutes=10)
_LOGIN_PAUSE_SECONDS = 5.0

Object = Mapping[str, Any]
Deliver = Callable[[str | None, Object], object]


def handlers(configuration: Configuration, deliveries: Mapping[Kind, Deliver]) -> kopf.OperatorRegistry:
    """The handlers of kopf.

    Args:
        configuration: how to reach the API server, the same as for all other requests.
        deliveries: by kind, what is called with the type of each watch event (None for what existed before the watch) and the object.
    """
    registry = kopf.OperatorRegistry()
    last_login = -_LOGIN_PAUSE_SECONDS

    for kind, deliver in deliveries.items():
        _on_event(registry, kind, deliver)

    @kopf.on.login(registry=registry)
    async def login(**_: object) -> kopf.ConnectionInfo:
        # kopf asks again at once after refused credentials, and they may stay the same for a while.
        nonlocal last_login
        await asyncio.sleep(last_login + _LOGIN_PAUSE_SECONDS - time.monotonic())
        last_login = time.monotonic()
        return await _connection(configuration)

    return registry


def _on_event(registry: kopf.OperatorRegistry, kind: Kind, deliver: Deliver) -> None:
    @kopf.on.event(kind.group, kind.version, kind.plural, registry=registry, id=kind.plural)
    async def _event(event: Mapping[str, Any], **_: object) -> None:
        deliver(event["type"], event["object"])


class KopfWatch:
    """kopf, in a thread and an event loop of its own: when it ends it cancels every task of its loop.

    Args:
        handlers: result of `handlers`.
        namespaces: namespaces to watch; none means all.
    """

    def __init__(self, handlers: kopf.OperatorRegistry, namespaces: Collection[str]) -> None:
        self._handlers = handlers
        self._namespaces = namespaces
        self._stopping = False
        self._stop: Callable[[], object] = lambda: None

    def stop(self) -> None:
        """Have `run` return. May be called from any thread."""
        self._stopping = True
        self._stop()

    def run(self) -> Exception | None:
        """Watch until `stop`, or until kopf ends.

        Returns:
            What ended kopf, or None after `stop`.
        """
        # The caller logs what ended kopf; kopf itself would log it with several stack traces.
        logging.getLogger("kopf").setLevel(logging.CRITICAL)
        try:
            asyncio.run(self._watch())
        except Exception as error:  # noqa: BLE001  (whatever ends a watch, another one is started)
            return error
        return None if self._stopping else RuntimeError("kopf ended by itself")

    async def _watch(self) -> None:
        flag = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._stop = lambda: None if loop.is_closed() else loop.call_soon_threadsafe(flag.set)
        if not self._stopping:
            await kopf.operator(
                registry=self._handlers,
                settings=_settings(),
                clusterwide=not self._namespaces,
                namespaces=self._namespaces,
                stop_flag=flag,
            )


def _settings() -> kopf.OperatorSettings:
    """Standalone, without discovery, and without a trace in any object."""
    settings = kopf.OperatorSettings()
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.posting.level = logging.WARNING
    settings.watching.server_timeout = _WATCH_SECONDS
    settings.watching.client_timeout = _WATCH_SECONDS + 30
    settings.watching.connect_timeout = 10
    settings.watching.chunk_size = 500
    settings.networking.request_timeout = 30
    settings.persistence.finalizer = f"{GROUP}/finalizer"
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=GROUP)
    settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix=GROUP)
    return settings


async def _connection(configuration: Configuration) -> kopf.ConnectionInfo:
    header = str(await configuration.get_api_key_with_prefix("BearerToken") or "")
    return kopf.ConnectionInfo(
        server=configuration.host,
        ca_path=configuration.ssl_ca_cert,
        insecure=not configuration.verify_ssl,
        token=header.rpartition(" ")[2] or None,
        certificate_path=configuration.cert_file,
        private_key_path=configuration.key_file,
        proxy_url=configuration.proxy,
        expiration=datetime.now(UTC) + _CREDENTIALS_FOR,
    )
