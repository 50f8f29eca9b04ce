"""Requests to the Kubernetes API, and nothing about what they are for.

Objects are plain JSON, in and out; `kubernetes` brings configuration, credentials and TLS. A request that the API server could not serve at
this moment raises `ApiUnavailable`, one that it refused raises `ApiError`; nothing is retried here.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import load_incluster_config, load_kube_config

from kuberedis_core.crd.names import FIELD_MANAGER
from kuberedis_operator.resources.kinds import Kind
from kuberedis_operator.runtime.metrics import OperatorMetrics

Body = dict[str, Any]
Query = Sequence[tuple[str, str]]

_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=10)
# The API server sends a bookmark about every minute; a connection that is silent for longer is dead.
_WATCH_SILENCE_SECONDS = 90
WATCH_SECONDS = 300

NAMESPACE_TERMINATING = "NamespaceTerminating"
"""The reason why nothing can be made in a namespace that is being deleted."""

_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_STRATEGIC_MERGE = "application/strategic-merge-patch+json"

# Not served now, and served later without anybody changing the request: credentials being renewed, too many requests, no leader.
_PASSING = frozenset({401, 408, 429, 502, 503, 504})


class ApiUnavailable(Exception):
    """The API server did not serve the request; it may be sent again."""


class ApiError(Exception):
    """The API server refused the request; the text is its message.

    Attributes:
        status: The HTTP status code.
        reason: The reason of the Status object, such as Conflict, or NAMESPACE_TERMINATING.
    """

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


async def load_configuration() -> Configuration:
    """How to reach the API server: by KUBECONFIG if it is set, otherwise as a pod, otherwise by ~/.kube/config.

    Raises:
        kubernetes.aio.config.ConfigException: None of them tells.
    """
    configuration = Configuration()
    if os.environ.get("KUBERNETES_SERVICE_HOST") and not os.environ.get("KUBECONFIG"):
        load_incluster_config(client_configuration=configuration)
    else:
        await load_kube_config(client_configuration=configuration)
    # Concurrency is limited by `Api`; watches hold connections beside it.
    configuration.connection_pool_maxsize = 0
    # Proxies and passwords from the environment would be looked up in a thread, twice for each request.
    configuration.client_session_kwargs = {"trust_env": False}
    return configuration


class Api:
    """A connection to the API server.

    Args:
        configuration: From `load_configuration`.
        concurrency: How many requests may be under way at once; watches are not counted.
        metrics: Where requests are counted.
    """

    def __init__(self, configuration: Configuration, concurrency: int, metrics: OperatorMetrics) -> None:
        self._client = ApiClient(configuration)
        self._client.user_agent = FIELD_MANAGER
        self._slots = asyncio.Semaphore(concurrency)
        self._metrics = metrics

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def get(self, resource: Kind, namespace: str | None, name: str) -> Body | None:
        """One object, or None if there is none."""
        return await self._or_none(self._call("get", "GET", resource, resource.path(namespace, name)))

    async def list_page(self, resource: Kind, namespace: str | None, query: Query) -> Body:
        """One page of a list; `query` may have a selector, a limit and the token to go on with."""
        return await self._call("list", "GET", resource, resource.path(namespace), query=query)

    async def create(self, resource: Kind, namespace: str, body: Body) -> Body:
        """Create an object that nobody applies to, such as an Event."""
        return await self._call("create", "POST", resource, resource.path(namespace), body=body, query=[("fieldManager", FIELD_MANAGER)])

    async def apply(self, resource: Kind, body: Body, *, force: bool, subresource: str | None = None) -> Body:
        """Server-side apply, https://kubernetes.io/docs/reference/using-api/server-side-apply/.

        A uid or resourceVersion in the body is a precondition.
        """
        metadata = body["metadata"]
        path = resource.path(metadata["namespace"], metadata["name"], subresource)
        # Warnings about fields would not be read here, and looking for them makes the API server parse the body twice.
        query = [("fieldManager", FIELD_MANAGER), ("force", "true" if force else "false"), ("fieldValidation", "Ignore")]
        return await self._call("apply", "PATCH", resource, path, body=body, query=query, content_type=_APPLY)

    async def merge(self, resource: Kind, body: Body) -> Body | None:
        """A JSON merge patch (RFC 7396); None if there is no such object. A uid in the body is a precondition."""
        metadata = body["metadata"]
        path = resource.path(metadata["namespace"], metadata["name"])
        query = [("fieldManager", FIELD_MANAGER)]
        return await self._or_none(self._call("patch", "PATCH", resource, path, body=body, query=query, content_type=_MERGE))

    async def resize(self, resource: Kind, body: Body) -> Body:
        """Change the resources of a running pod's containers, which are merged by name. A uid in the body is a precondition.

        https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
        """
        metadata = body["metadata"]
        path = resource.path(metadata["namespace"], metadata["name"], "resize")
        query = [("fieldManager", FIELD_MANAGER)]
        return await self._call("patch", "PATCH", resource, path, body=body, query=query, content_type=_STRATEGIC_MERGE)

    async def delete(self, resource: Kind, namespace: str, name: str, uid: str, *, orphan: bool = False) -> None:
        """Delete the object of this uid; without any effect if it is gone or is another one by now.

        Args:
            resource: Its kind.
            namespace: Its namespace.
            name: Its name.
            uid: Its uid.
            orphan: Leave what it owns alone.
        """
        body = {"preconditions": {"uid": uid}, "propagationPolicy": "Orphan" if orphan else "Background"}
        try:
            await self._call("delete", "DELETE", resource, resource.path(namespace, name), body=body)
        except ApiError as error:
            if error.status not in (404, 409):
                raise

    @asynccontextmanager
    async def watch(self, resource: Kind, namespace: str | None, query: Query) -> AsyncIterator[AsyncIterable[bytes]]:
        """Watch events as lines of JSON, until the API server ends the watch.

        Raises:
            ApiUnavailable: No connection, or it broke.
            ApiError: Refused; 410 if `resourceVersion` is too old.
        """
        query = [*query, ("watch", "true"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", str(WATCH_SECONDS))]
        timeout = aiohttp.ClientTimeout(total=WATCH_SECONDS + 30, sock_connect=10, sock_read=_WATCH_SILENCE_SECONDS)
        try:
            response = await self._send("GET", resource.path(namespace), query, None, "application/json", timeout)
            async with response:
                if response.status != 200:
                    raise _error(response.status, await response.read())
                yield response.content
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ApiUnavailable(_describe(error)) from None

    async def _or_none(self, call: Awaitable[Body]) -> Body | None:
        try:
            return await call
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def _call(
        self,
        verb: str,
        method: str,
        resource: Kind,
        path: str,
        *,
        query: Query = (),
        body: Body | None = None,
        content_type: str = "application/json",
    ) -> Body:
        try:
            async with self._slots, await self._send(method, path, query, body, content_type, _TIMEOUT) as response:
                content = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._metrics.requests.labels(verb, resource.plural, "0").inc()
            raise ApiUnavailable(_describe(error)) from None
        self._metrics.requests.labels(verb, resource.plural, str(response.status)).inc()
        if response.status >= 300:
            raise _error(response.status, content)
        return without_managed_fields(orjson.loads(content))

    async def _send(
        self, method: str, path: str, query: Query, body: Body | None, content_type: str, limits: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        # Without the body, which is plain JSON already and need not be walked through.
        method, url, headers, _, _ = await self._client.param_serialize(
            method,
            path,
            query_params=list(query),
            header_params={"Content-Type": content_type, "Accept": "application/json"},
            auth_settings=["BearerToken"],
        )
        answer = await self._client.call_api(method, url, headers, body, _request_timeout=limits)
        return answer.response  # type: ignore[no-any-return]


def without_managed_fields(body: Body) -> Body:
    """`body` without the record of who set which field: a third of its size, and of no use here."""
    metadata = body.get("metadata")
    if metadata:
        metadata.pop("managedFields", None)
    return body


def _error(status: int, content: bytes) -> ApiError | ApiUnavailable:
    try:
        answer = orjson.loads(content)
        reason, message = str(answer.get("reason", "")), str(answer.get("message", ""))
        if any(cause.get("reason") == NAMESPACE_TERMINATING for cause in (answer.get("details") or {}).get("causes", ())):
            reason = NAMESPACE_TERMINATING
    except (orjson.JSONDecodeError, AttributeError):
        reason, message = "", ""
    message = message or f"the API server answered {status}"
    return ApiUnavailable(message) if status in _PASSING else ApiError(status, reason, message)


def _describe(error: Exception) -> str:
    return f"no answer from the API server: {error or type(error).__name__}"
