"""Brings one child to what was rendered, by server-side apply, and writes nothing if it is there already.

A child is an instance's own only if it names that instance, by uid, as its controller. Whatever else has its name is left alone, also in a
race: a creation is refused if the name is taken by then, an update if the object is another one by then.
"""

from __future__ import annotations

from enum import Enum, auto

from kuberedis_core.crd.kind import KIND
from kuberedis_core.crd.names import APPLIED_HASH
from kuberedis_core.logging import log
from kuberedis_operator.resources.kinds import Kind
from kuberedis_operator.resources.ssa_diff import Path, differences, digest
from kuberedis_operator.runtime.api_client import NAMESPACE_TERMINATING, Api, ApiError, Body
from kuberedis_operator.runtime.object_store import Cluster, controller_of

# No object has this version, so an apply that states it can only create: https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-update
_NO_VERSION = "1"


class Outcome(Enum):
    """What was done to a child."""

    UNCHANGED = auto()
    CREATED = auto()
    UPDATED = auto()
    """The instance or the operator wants something else than before."""
    RESTORED = auto()
    """Somebody had changed it."""


class NameTaken(Exception):
    """The child's name belongs to an object of somebody else."""


class GoingAway(Exception):
    """The child is being deleted, or is left of a former instance of this name, or all of its namespace is being deleted."""


class Children:
    """Writes children.

    Args:
        api: Where to.
        cluster: What is there.
    """

    def __init__(self, api: Api, cluster: Cluster) -> None:
        self._api = api
        self._cluster = cluster
        # What the API server, or an admission webhook, makes different of what is applied: to apply it again would change nothing.
        self._settled: dict[tuple[str, str], tuple[str, list[Path]]] = {}

    async def ensure(self, resource: Kind, rendered: Body, uid: str) -> Outcome:
        """Have `rendered` in the cluster.

        Args:
            resource: Its kind.
            rendered: The child as it shall be.
            uid: Of the instance that it belongs to.

        Raises:
            NameTaken: Somebody else's object has this name.
            GoingAway: An object of this name has to go first.
            ApiError: The API server refused it.
            ApiUnavailable: No answer; it may have been written.
        """
        namespace, name = rendered["metadata"]["namespace"], rendered["metadata"]["name"]
        live = self._cluster.child(resource, namespace, name)
        if live is None:
            if await self.create(resource, rendered):
                return Outcome.CREATED
            # It is there, and was not seen: the watch is behind, or it does not carry the operator's label.
            live = await self._api.get(resource, namespace, name)
        if live is None:
            raise GoingAway
        check_ownership(live, uid)
        return await self.update(resource, rendered, live)

    async def create(self, resource: Kind, rendered: Body) -> bool:
        """Create `rendered`. False if there is an object of its name.

        Raises:
            GoingAway: Its namespace is being deleted.
            ApiError, ApiUnavailable: As `ensure`.
        """
        try:
            await self._apply(resource, _marked(rendered), {"resourceVersion": _NO_VERSION}, force=False)
        except ApiError as error:
            if error.reason == NAMESPACE_TERMINATING:
                raise GoingAway from None
            if error.status != 409:
                raise
            return False
        return True

    async def update(self, resource: Kind, rendered: Body, live: Body, *, exactly: bool = False) -> Outcome:
        """Make `live`, an instance's own, what was rendered.

        Args:
            resource: Its kind.
            rendered: The child as it shall be.
            live: The child as it is.
            exactly: Only if it still is so, because `rendered` was made from it.

        Raises:
            ApiError, ApiUnavailable: As `ensure`; 409 if it is not so any more.
        """
        body = _marked(rendered)
        wanted = body["metadata"]["annotations"][APPLIED_HASH]
        preconditions = {field: live["metadata"][field] for field in (("uid", "resourceVersion") if exactly else ("uid",))}
        found = differences(body, live)
        if not found or self._settled.get((resource.kind, preconditions["uid"])) == (wanted, found):
            return Outcome.UNCHANGED
        known = (live["metadata"].get("annotations") or {}).get(APPLIED_HASH) == wanted
        try:
            written = await self._apply(resource, body, preconditions, force=True)
        except ApiError as error:
            if error.status != 422:
                raise
            # A list element that somebody gave another key is a second one to an apply, and may clash with ours; a merge replaces the list.
            await self._api.merge(resource, {**body, "metadata": {**body["metadata"], **preconditions}})
            written = await self._apply(resource, body, {"uid": preconditions["uid"]}, force=True)
        self._settle(resource, written, wanted, differences(body, written))
        return Outcome.RESTORED if known else Outcome.UPDATED

    async def _apply(self, resource: Kind, body: Body, preconditions: dict[str, str], *, force: bool) -> Body:
        written = await self._api.apply(resource, {**body, "metadata": {**body["metadata"], **preconditions}}, force=force)
        self._cluster.written(resource, written)
        return written

    def _settle(self, resource: Kind, written: Body, wanted: str, rest: list[Path]) -> None:
        key = (resource.kind, written["metadata"]["uid"])
        self._settled.pop(key, None)
        if rest:
            self._settled[key] = (wanted, rest)
            fields = [".".join(path) for path in rest]
            log.warning("fields_changed_on_their_way", kind=resource.kind, fields=fields)


def _marked(rendered: Body) -> Body:
    """`rendered` with the annotation that stands for all of it."""
    metadata = rendered["metadata"]
    return {**rendered, "metadata": {**metadata, "annotations": {**metadata.get("annotations", {}), APPLIED_HASH: digest(rendered)}}}


def check_ownership(live: Body, uid: str) -> None:
    """Return if `live` is a child of the instance with this uid, and there to stay.

    Raises:
        NameTaken: It is somebody else's.
        GoingAway: It is on its way out.
    """
    owner = controller_of(live) or {}
    if "deletionTimestamp" in live["metadata"]:
        raise GoingAway
    if owner.get("uid") != uid:
        # Of this kind only an instance of the same name can be the owner: one that was deleted, whose children follow it soon.
        raise GoingAway if owner.get("kind") == KIND else NameTaken
