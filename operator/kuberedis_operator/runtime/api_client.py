"""Requests to the Kubernetes API, and nothing about what they are for.

Objects are plain JSON, in and out; `kubernetes` contributes configuration, credentials and TLS. Errors are those of `errors.py`; nothing
is retried here.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import aiohttp
import orjson
from kubernetes.aio import client
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import load_incluster_config, load_kube_config

from kuberedis_core.api_kind import Kind
from kuberedis_core.body import Body
from kuberedis_core.crd.names import FIELD_MANAGER
from kuberedis_operator.errors import ApiUnavailable, Conflict, NotFound, api_error
from kuberedis_operator.runtime.metrics import OperatorMetrics
from kuberedis_operator.runtime.tracing import UNTRACED, Spans

Query = Sequence[tuple[str, str]]

_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=10)
# The API server sends a bookmark about every minute; a connection that is silent for longer is dead.
_WATCH_SILENCE_SECONDS = 90
_WATCH_SECONDS = 300

_JSON = "application/json"
_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_STRATEGIC_MERGE = "application/strategic-merge-patch+json"

_OWN_FIELDS = ("fieldManager", FIELD_MANAGER)


async def load_configuration() -> Configuration:
    """How to reach the API server: by KUBECONFIG if it is set, otherwise as a pod, otherwise by ~/.kube/config.

    Raises:
        kubernetes.aio.config.ConfigException: none of them is there.
    """
    configuration = Configuration()
    if os.environ.get("KUBERNETES_SERVICE_HOST") and not os.environ.get("KUBECONFIG"):
        load_incluster_config(client_configuration=configuration)
    else:
        await load_kube_config(client_configuration=configuration)
    # Concurrency is limited by `ApiClient`; watches hold connections beside it.
    configuration.connection_pool_maxsize = 0
    # Proxies and passwords from the environment would be looked up in a thread, twice for each request.
    configuration.client_session_kwargs = {"trust_env": False}
    return configuration


class ApiClient:
    """A client of the API server.

    Args:
        configuration: result of `load_configuration`.
        concurrency: number of requests that may be in progress at once; watches are not counted.
        metrics: where requests are counted.
        spans: where requests are traced.
    """

    def __init__(self, configuration: Configuration, concurrency: int, metrics: OperatorMetrics, spans: Spans = UNTRACED) -> None:
        self._client = client.ApiClient(configuration)
        self._client.user_agent = FIELD_MANAGER
        self._slots = asyncio.Semaphore(concurrency)
        self._metrics = metrics
        self._spans = spans

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Body | None:
        """One object, or None if there is none."""
        with suppress(NotFound):
            return await self._call("get", "GET", kind, kind.path(namespace, name))
        return None

    async def list_pages(self, kind: Kind, namespace: str | None, query: Query) -> AsyncIterator[Body]:
        """The pages of a list; `query` has a limit, and may have a selector."""
        token = ""
        while True:
            page_query = [*query, ("continue", token)] if token else query
            page = await self._call("list", "GET", kind, kind.path(namespace), query=page_query)
            yield page
            if not (token := page["metadata"].get("continue", "")):
                return

    async def create(self, kind: Kind, namespace: str, body: Body) -> Body:
        """Create an object that nobody applies to, such as an Event."""
        return await self._call("create", "POST", kind, kind.path(namespace), body=body, query=[_OWN_FIELDS])

    async def apply(self, kind: Kind, body: Body, *, force: bool, subresource: str | None = None) -> Body:
        """Server-side apply, https://kubernetes.io/docs/reference/using-api/server-side-apply/.

        A uid or resourceVersion in the body is a precondition.
        """
        metadata = body["metadata"]
        path = kind.path(metadata["namespace"], metadata["name"], subresource)
        # Warnings about fields would not be read here, and looking for them makes the API server parse the body twice.
        query = [_OWN_FIELDS, ("force", "true" if force else "false"), ("fieldValidation", "Ignore")]
        return await self._call("apply", "PATCH", kind, path, body=body, query=query, content_type=_APPLY)

    async def merge(self, kind: Kind, body: Body) -> Body | None:
        """A JSON merge patch (RFC 7396); None if there is no such object. A uid in the body is a precondition."""
        metadata = body["metadata"]
        path = kind.path(metadata["namespace"], metadata["name"])
        with suppress(NotFound):
            return await self._call("patch", "PATCH", kind, path, body=body, query=[_OWN_FIELDS], content_type=_MERGE)
        return None

    async def resize(self, kind: Kind, body: Body) -> Body:
        """Change the resources of a running pod's containers, which are merged by name. A uid in the body is a precondition.

        https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
        """
        metadata = body["metadata"]
        path = kind.path(metadata["namespace"], metadata["name"], "resize")
        return await self._call("patch", "PATCH", kind, path, body=body, query=[_OWN_FIELDS], content_type=_STRATEGIC_MERGE)

    async def delete(self, kind: Kind, namespace: str, name: str, uid: str, *, orphan: bool = False) -> None:
        """Delete the object of this uid; without effect if it is gone or is another one by now.

        Args:
            kind: kind of the object.
            namespace: namespace of the object.
            name: name of the object.
            uid: uid of the object, a precondition.
            orphan: leave alone what the object owns.
        """
        body = {"preconditions": {"uid": uid}, "propagationPolicy": "Orphan" if orphan else "Background"}
        with suppress(NotFound, Conflict):
            await self._call("delete", "DELETE", kind, kind.path(namespace, name), body=body)

    @asynccontextmanager
    async def watch(self, kind: Kind, namespace: str | None, query: Query) -> AsyncIterator[AsyncIterable[bytes]]:
        """Watch events as lines of JSON, until the API server ends the watch.

        Raises:
            ApiUnavailable: there is no connection, or it broke.
            ApiRefused: refused; Expired if `resourceVersion` is too old.
        """
        query = [*query, ("watch", "true"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", str(_WATCH_SECONDS))]
        timeout = aiohttp.ClientTimeout(total=_WATCH_SECONDS + 30, sock_connect=10, sock_read=_WATCH_SILENCE_SECONDS)
        try:
            response = await self._send("GET", kind.path(namespace), query, None, _JSON, timeout)
            async with response:
                if response.status != 200:
                    raise api_error(response.status, _json(await response.read()))
                yield response.content
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unavailable(error) from None

    async def _call(
        self,
        verb: str,
        method: str,
        kind: Kind,
        path: str,
        *,
        query: Query = (),
        body: Body | None = None,
        content_type: str = _JSON,
    ) -> Body:
        with self._spans.request(verb, method, kind.plural) as ended:
            try:
                async with self._slots, await self._send(method, path, query, body, content_type, _TIMEOUT) as response:
                    content = await response.read()
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                self._metrics.requests.labels(verb, kind.plural, "0").inc()
                ended(0)
                raise _unavailable(error) from None
            self._metrics.requests.labels(verb, kind.plural, str(response.status)).inc()
            ended(response.status)
        if response.status >= 300:
            raise api_error(response.status, _json(content))
        return without_managed_fields(orjson.loads(content))

    async def _send(
        self, method: str, path: str, query: Query, body: Body | None, content_type: str, limits: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        # Without the body, which is plain JSON already and need not be serialized.
        method, url, headers, _, _ = await self._client.param_serialize(
            method,
            path,
            query_params=list(query),
            header_params={"Content-Type": content_type, "Accept": _JSON},
            auth_settings=["BearerToken"],
        )
        response = await self._client.call_api(method, url, headers, body, _request_timeout=limits)
        return response.response  # type: ignore[no-any-return]


def without_managed_fields(body: Body) -> Body:
    """`body` without the record of who set which field: a third of its size, and of no use here."""
    metadata = body.get("metadata")
    if metadata:
        metadata.pop("managedFields", None)
    return body


def _json(content: bytes) -> object:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None


def _unavailable(error: Exception) -> ApiUnavailable:
    return ApiUnavailable(f"no response from the API server: {error or type(error).__name__}")
