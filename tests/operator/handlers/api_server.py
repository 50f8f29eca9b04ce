"""A Kubernetes API server in this process: kmock's, with a store of objects that does what the operator builds on.

kmock's own emulator has neither versions nor server-side apply nor owners, and each of its watches begins anew. Here a list has a version
and a watch goes on from one; a uid or a version in an apply is a precondition. It is less exact than a real one: an apply replaces lists as
a whole and takes no field away, and label selectors know `=` alone.
"""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import aiohttp.web
import kmock

from kuberedis_core.api_kind import Kind
from kuberedis_core.body import Body
from kuberedis_operator.resources.kinds import CHILDREN, CORE_EVENT, EVENT, INSTANCE
from tests.operator.handlers.objects import ObjectKey, Objects
from tests.operator.rendering import SETTINGS

APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"

_SERVED = {(kind.api_version, kind.plural): kind for kind in (INSTANCE, *CHILDREN, EVENT, CORE_EVENT)}
_PAGE = 2
"""Objects on a page of a list."""
_VERBS = {"create", "delete", "get", "list", "patch", "update", "watch"}


class ApiServer(kmock.KubernetesScaffold):
    """An API server to point an operator at, by way of `kmock.Server`; a test's own reactions to requests come before what is done here."""

    def __init__(self) -> None:
        super().__init__()
        self.objects = Objects()
        self._lines: set[asyncio.BaseTransport] = set()
        self._cuts = 0
        self.refused = 0
        """Requests that arrived after `cut`."""
        self._is_whole = True
        self._numbers = count(1)
        self._rests: dict[str, tuple[list[Body], str]] = {}
        """What further pages of lists have, by the token to continue with, and the version of the list."""
        for (api_version, plural), kind in _SERVED.items():
            self.resources[f"{api_version}/{plural}"] = kmock.ResourceInfo(kind=kind.kind, namespaced=True, verbs=_VERBS)
        # kopf does not start before it has found this kind.
        self.resources["v1/namespaces"] = kmock.ResourceInfo(kind="Namespace", namespaced=False, verbs=_VERBS)
        self.fallback**1 << self._serve

    async def __call__(self, raw_request: aiohttp.web.BaseRequest) -> aiohttp.web.StreamResponse:
        """Serve a request; after `cut`, end its connection."""
        line = raw_request.transport
        if line is None or not self._is_whole:
            self.refused += 1
            _abort(line)
            return aiohttp.web.Response()
        self._lines.add(line)
        try:
            return await super().__call__(raw_request)
        finally:
            self._lines.discard(line)

    def cut(self) -> None:
        """Break all connections, and accept no new ones."""
        self._is_whole = False
        self._cuts += 1
        for line in self._lines:
            _abort(line)
        self.objects.wake()

    def restore(self) -> None:
        """Accept connections again."""
        self._is_whole = True

    def writes(self) -> list[kmock.Request]:
        """Writing requests so far, served or not, except those about Events and about what the operator keeps for itself."""
        return [
            request
            for request in self
            if request.method != "GET" and _kind(request) not in (EVENT, CORE_EVENT) and request.namespace != SETTINGS.own_namespace
        ]

    async def _serve(self, request: kmock.Request) -> Any:
        """The response of the store; one reaction for all, as kmock goes through all requests so far for each."""
        if request.resource is None or request.resource.plural is None:
            # Discovery, which kmock does itself.
            raise NotImplementedError
        match request.action:
            case kmock.action.LIST:
                return self._list(request)
            case kmock.action.WATCH:
                return self._watch(request)
            case kmock.action.FETCH:
                return self._fetch(request)
            case kmock.action.CREATE:
                return self._create(request)
            case kmock.action.UPDATE:
                return self._patch(request)
            case kmock.action.DELETE:
                return self._delete(request)
        raise kmock.KubernetesError(405, "MethodNotAllowed", f"{request.method.value} is not known here")

    def _list(self, request: kmock.Request) -> Body:
        if token := request.params.get("continue"):
            found, version = self._rests.pop(token)
        else:
            found = [self.objects[key] for key in self.objects if _is_requested(request, key, self.objects[key])]
            version = str(self.objects.version)
        metadata = {"resourceVersion": version}
        # An API server may return fewer than the limit, and goes on with what there was at first.
        if "limit" in request.params and len(found) > _PAGE:
            metadata["continue"] = f"page-{next(self._numbers)}"
            self._rests[metadata["continue"]] = found[_PAGE:], version
            found = found[:_PAGE]
        return {"kind": "List", "apiVersion": "v1", "metadata": metadata, "items": found}

    async def _watch(self, request: kmock.Request) -> AsyncIterator[Any]:
        cuts, seen = self._cuts, int(request.params["resourceVersion"])
        # Without it, the headers would wait for the first event.
        yield b""
        while cuts == self._cuts:
            if seen < self.objects.oldest:
                gone = {"kind": "Status", "code": 410, "reason": "Expired", "message": f"too old resource version: {seen}"}
                yield {"type": "ERROR", "object": gone}
                return
            changes, seen = self.objects.since(seen), self.objects.version
            for change in changes:
                if _is_requested(request, change.key, change.body):
                    yield {"type": change.event_type, "object": change.body}
            if seen == self.objects.version:
                await self.objects.changed()

    def _fetch(self, request: kmock.Request) -> Body:
        live = self.objects.get(_key(request))
        if live is None:
            raise kmock.KubernetesObjectNotFoundError
        return live

    def _create(self, request: kmock.Request) -> Body:
        metadata = request.data["metadata"]
        name = metadata.get("name") or f"{metadata['generateName']}{next(self._numbers)}"
        return self.objects.create(_kind(request), {**request.data, "metadata": {**metadata, "name": name}})

    def _delete(self, request: kmock.Request) -> Body:
        """Deletes at once, whatever the object owns or its finalizers say."""
        live = self._fetch(request)
        uid = (request.data.get("preconditions") or {}).get("uid", live["metadata"]["uid"])
        if uid != live["metadata"]["uid"]:
            raise kmock.KubernetesError(409, "Conflict", "the object is another one")
        self.objects.delete(_key(request))
        return live

    def _patch(self, request: kmock.Request) -> Body:
        """Server-side apply, or a JSON merge patch."""
        is_apply = request.headers["Content-Type"] == APPLY
        if not is_apply and request.headers["Content-Type"] != _MERGE:
            raise kmock.KubernetesError(415, "UnsupportedMediaType", "this kind of patch is not known here")
        if not request.params.get("fieldManager"):
            raise kmock.KubernetesError(400, "BadRequest", "fieldManager is missing")
        key, metadata = _key(request), dict(request.data["metadata"])
        preconditions = {field: metadata.pop(field) for field in ("uid", "resourceVersion") if field in metadata}
        patch = {**request.data, "metadata": metadata}
        live = self.objects.get(key)
        if live is None:
            if "uid" in preconditions:
                raise kmock.KubernetesError(409, "Conflict", "there is no object of this uid")
            if not is_apply or request.subresource is not None:
                raise kmock.KubernetesObjectNotFoundError
            if self.objects.has_address(patch.get("spec", {}).get("clusterIP")):
                raise kmock.KubernetesError(422, "Invalid", "spec.clusterIP: provided IP is already allocated")
            return self.objects.create(key.kind, patch)
        if any(live["metadata"][field] != value for field, value in preconditions.items()):
            raise kmock.KubernetesError(409, "Conflict", "the object is another one")
        if request.subresource is not None:
            # A status has one writer, and what it leaves out is removed.
            return self.objects.set_member(key, request.subresource, patch[request.subresource])
        return self.objects.edit(key, patch)


def _kind(request: kmock.Request) -> Kind:
    resource = request.resource
    kind = _SERVED.get((f"{resource.group}/{resource.version}".lstrip("/"), resource.plural or "")) if resource is not None else None
    if kind is None:
        raise kmock.KubernetesResourceNotFoundError
    return kind


def _key(request: kmock.Request) -> ObjectKey:
    return ObjectKey(_kind(request), request.namespace or "", request.name or "")


def _is_requested(request: kmock.Request, key: ObjectKey, body: Body) -> bool:
    selector = request.params.get("labelSelector")
    labels = body["metadata"].get("labels", {})
    wanted = dict(term.split("=") for term in selector.split(",")) if selector else {}
    return key.kind == _kind(request) and request.namespace in (None, key.namespace) and wanted.items() <= labels.items()


def _abort(line: asyncio.BaseTransport | None) -> None:
    if isinstance(line, asyncio.WriteTransport):
        line.abort()
