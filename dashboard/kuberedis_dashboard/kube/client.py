"""Requests to the Kubernetes API with the credential of one user.

Objects are plain JSON, in and out. Nothing is retried and nothing is kept beyond one request of the user, so that no answer reaches anybody
else. Answers are bounded in size and time. Errors are those of `errors.py`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from kuberedis_core.api_kind import Kind
from kuberedis_core.body import Body
from kuberedis_core.crd.kind import API_VERSION, KIND, PLURAL
from kuberedis_core.one_line import one_line
from kuberedis_dashboard.errors import DashboardError, NotFound, SignedOut, TooLarge, Unavailable, api_error
from kuberedis_dashboard.kube.cluster import Cluster
from kuberedis_dashboard.kube.credential import CredentialSource

INSTANCE = Kind(API_VERSION, KIND, PLURAL)

LARGEST_ANSWER = 16 * 2**20
"""Bytes of an answer, and of an event of a watch."""

WATCH_SECONDS = 50
"""How long a watch lasts. A right that was taken away ends what the user sees within a minute, the time to begin the next one included."""

MERGE = "application/merge-patch+json"
"""Content type of a JSON merge patch (RFC 7396)."""

_JSON = "application/json"
_PIECE = 64 * 1024
# One segment each, so that a name out of an address cannot lead to another object.
_PATH = re.compile(r"(/[A-Za-z0-9_:~-][A-Za-z0-9._:~-]*)+")

Query = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list."""

    items: list[Body]
    continue_: str
    """What the next part begins with; empty if there is none."""
    resource_version: str
    """From which a watch continues."""


@dataclass(frozen=True, slots=True)
class User:
    """Who the API server says that a credential is."""

    name: str
    groups: tuple[str, ...]

    @property
    def shown(self) -> str:
        """The name as pages show it."""
        return one_line(self.name)

    @property
    def groups_shown(self) -> str:
        """The groups as pages show them."""
        return one_line(", ".join(self.groups))


class KubeClient:
    """The API server, asked by one user.

    Args:
        cluster: the API server and the connections to it.
        credential: where what proves who the user is comes from.
    """

    def __init__(self, cluster: Cluster, credential: CredentialSource) -> None:
        self._cluster = cluster
        self._credential = credential
        self._reviews: dict[tuple[str, ...], bool] = {}

    async def get(self, path: str, params: Query | None = None) -> Body:
        """The object, or the list, at a path, such as `INSTANCE.path(namespace, name)`.

        Raises:
            DashboardError: the one that fits what the API server answered.
        """
        return await self._call("GET", path, params)

    async def text(self, path: str, params: Query | None = None) -> str:
        """An answer that is not JSON, such as a log; what is not UTF-8 in it is replaced."""
        async with self._response("GET", path, params) as response:
            return (await _read(response)).decode(errors="replace")

    async def list_instances(self, namespace: str | None, limit: int = 500, continue_: str = "") -> Page:
        """Instances of a namespace, or of the cluster, `limit` at most.

        Args:
            namespace: the namespace; None for all.
            limit: how many.
            continue_: that of the page before; empty for the first.
        """
        params = {"limit": str(limit)} | ({"continue": continue_} if continue_ else {})
        body = await self.get(INSTANCE.path(namespace), params)
        metadata = body.get("metadata") or {}
        return Page(body.get("items") or [], metadata.get("continue") or "", metadata.get("resourceVersion") or "")

    async def get_instance(self, namespace: str, name: str) -> Body:
        """One instance."""
        return await self.get(INSTANCE.path(namespace, name))

    async def create(self, path: str, body: Body, params: Query | None = None) -> Body:
        """Create an object in the collection at `path`."""
        return await self._call("POST", path, params, body)

    async def patch(self, path: str, body: Any, params: Query | None = None, content_type: str = MERGE) -> Body:
        """Change the object at `path`."""
        return await self._call("PATCH", path, params, body, content_type)

    async def delete(self, path: str, uid: str | None = None, params: Query | None = None) -> Body:
        """Delete the object at `path`, if it has this uid still."""
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": uid}} if uid else None
        return await self._call("DELETE", path, params, body)

    @asynccontextmanager
    async def watch(
        self, path: str, resource_version: str, seconds: int = WATCH_SECONDS, params: Query | None = None
    ) -> AsyncIterator[AsyncIterator[Body]]:
        """Events of the objects at `path` from a resourceVersion on, as the API server sends them, until it ends the watch.

        The API server judges the user's rights when a watch begins and not while it lasts, so that it has to end soon; the caller begins
        anew.

        Raises:
            Expired: the resourceVersion is too old; list again.
            DashboardError: another one that fits; also in the midst of the events.
        """
        query = {**(params or {}), "watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(seconds)}
        query["resourceVersion"] = resource_version
        limits = aiohttp.ClientTimeout(total=seconds + 15, sock_connect=5)
        async with self._response("GET", path, query, limits=limits) as response:
            yield _events(response)

    async def may(
        self, verb: str, resource: str, namespace: str | None, name: str | None = None, subresource: str = "", group: str | None = None
    ) -> bool:
        """Whether the user may do this, by SelfSubjectAccessReview. Asked once for each client, which serves one request.

        Args:
            verb: such as `get` or `patch`.
            resource: plural of the kind, such as `secrets`; that of instances has their group by itself.
            namespace: the namespace; None for all.
            name: name of the object; None for all.
            subresource: such as `log`.
            group: API group; by default that of instances for instances, and the core group for everything else.
        """
        if group is None:
            group = INSTANCE.group if resource == PLURAL else ""
        attributes = {"verb": verb, "group": group, "resource": resource, "namespace": namespace or "", "name": name or ""}
        attributes["subresource"] = subresource
        key = tuple(attributes.values())
        if key not in self._reviews:
            body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}}
            answer = await self.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body)
            self._reviews[key] = (answer.get("status") or {}).get("allowed") is True
        return self._reviews[key]

    async def whoami(self) -> User:
        """Who the API server says that the credential is, by SelfSubjectReview.

        Raises:
            SignedOut: it does not accept the credential.
        """
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        answer = await self.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", body)
        info = (answer.get("status") or {}).get("userInfo") or {}
        return User(str(info.get("username", "")), tuple(map(str, info.get("groups") or ())))

    async def _call(self, method: str, path: str, params: Query | None, body: Any = None, content_type: str = _JSON) -> Body:
        async with self._response(method, path, params, body, content_type) as response:
            answer = _json(await _read(response))
        if not isinstance(answer, dict):
            raise Unavailable("the API server answered something that is not an object")
        return answer

    @asynccontextmanager
    async def _response(
        self,
        method: str,
        path: str,
        params: Query | None,
        body: Any = None,
        content_type: str = _JSON,
        limits: aiohttp.ClientTimeout | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if not _PATH.fullmatch(path):
            raise NotFound("there is nothing at this address")
        credential = await self._credential()
        options: dict[str, Any] = {"headers": [*credential.headers, ("Accept", _JSON), ("Content-Type", content_type)]}
        if self._cluster.address.tls_name is not None:
            options["server_hostname"] = self._cluster.address.tls_name
        if body is not None:
            options["data"] = orjson.dumps(body)
        session = self._cluster.session
        if limits is not None:
            session, options["timeout"] = self._cluster.watches, limits
        try:
            request = session.request(method, self._cluster.address.url + path, params=dict(params or {}), allow_redirects=False, **options)
            async with request as response:
                if response.status >= 300:
                    raise _refusal(response.status, _json(await _read(response)))
                yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(
                f"the API server does not answer: {_reason(error)}", "Try again in a moment; its administrator can tell more."
            ) from None


def _refusal(code: int, status: object) -> DashboardError:
    error = api_error(code, status)
    return SignedOut("the cluster does not accept your credential any more") if isinstance(error, SignedOut) else error


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[Body]:
    async for line in _lines(response):
        event = _json(line)
        if not isinstance(event, dict) or not isinstance(event.get("object"), dict):
            raise Unavailable("the API server sent a watch event that cannot be read")
        if event.get("type") == "ERROR":
            raise _refusal(int(event["object"].get("code") or 500), event["object"])
        yield event


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The lines of an answer; each may be longer than what aiohttp buffers for its own."""
    rest = bytearray()
    async for piece in response.content.iter_any():
        rest += piece
        if b"\n" in piece:
            *whole, last = rest.split(b"\n")
            rest = bytearray(last)
            for line in whole:
                yield bytes(line)
        if len(rest) > LARGEST_ANSWER:
            raise TooLarge("the API server sent an event larger than the dashboard reads")


async def _read(response: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for piece in response.content.iter_chunked(_PIECE):
        content += piece
        if len(content) > LARGEST_ANSWER:
            raise TooLarge("the API server's answer is larger than the dashboard reads")
    return bytes(content)


def _json(content: bytes) -> object:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None


def _reason(error: Exception) -> str:
    return str(error) or ("no answer in time" if isinstance(error, TimeoutError) else type(error).__name__)
