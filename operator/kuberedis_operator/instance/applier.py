"""Makes one child what was rendered, by server-side apply, and writes nothing if it is so already.

A child is an instance's own only if it names that instance, by uid, as its controller, or has none and was a child before. Any other
object of its name is left alone, in a race too: a creation is refused if the name is taken by then, an update if the object is another one
by then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kuberedis_core.api_kind import Kind
from kuberedis_core.body import Body
from kuberedis_core.crd.names import APPLIED_HASH
from kuberedis_core.logging import log
from kuberedis_operator.errors import ApiRefused, Conflict, GoingAway, Invalid, NamespaceTerminating, NameTaken
from kuberedis_operator.resources.kinds import CERTIFICATE, INSTANCE
from kuberedis_operator.resources.objects import controller_of, is_left_over
from kuberedis_operator.resources.ssa_diff import Path, differences, digest
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.status.pod_health import Problem
from kuberedis_operator.status.reconcile_result import Outcome, ReconcileResult

# No object has this version, so an apply that states it can only create: https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-update
_NO_VERSION = "1"


class Applier:
    """Applies children.

    Args:
        api: client of the API server.
        store: live objects.
    """

    def __init__(self, api: ApiClient, store: ObjectStore) -> None:
        self._api = api
        self._store = store
        # What the API server, or an admission webhook, changes in what is applied: to apply it again would change nothing.
        self._settled: dict[tuple[str, str], tuple[str, list[Path]]] = {}

    async def apply(self, kind: Kind, rendered: Body, uid: str) -> Outcome:
        """Make the child in the cluster what was rendered.

        Args:
            kind: kind of the child.
            rendered: the child as it shall be.
            uid: uid of the instance that it belongs to.

        Raises:
            NameTaken: an object of another owner has this name.
            GoingAway: an object of this name has to go first.
            ApiRefused: the API server refused it.
            ApiUnavailable: there was no response; it may have been written.
        """
        namespace, name = rendered["metadata"]["namespace"], rendered["metadata"]["name"]
        live = self._store.child(kind, namespace, name)
        if live is None:
            if await self.create(kind, rendered):
                return Outcome.CREATED
            # It exists, and was not seen: the watch is behind, or it does not carry the operator's label.
            live = await self._api.get(kind, namespace, name)
        if live is None:
            raise GoingAway
        check_ownership(live, uid)
        return await self.update(kind, rendered, live)

    async def apply_child(self, kind: Kind, rendered: Body, uid: str, result: ReconcileResult) -> None:
        """As `apply`, with the outcome or what prevents it written into `result`.

        Raises:
            ApiUnavailable: there was no response; it may have been written.
        """
        name = rendered["metadata"]["name"]
        if not self._store.serves(kind):
            otherwise = "set spec.tls.mode to Managed" if kind == CERTIFICATE else "set spec.routing to Ingress"
            message = f"the cluster does not serve {kind.kind} ({kind.api_version}); install it, or {otherwise}"
            result.refusals.append(Problem("KindNotServed", message))
            return
        with recorded(kind, name, result):
            result.outcomes[kind, name] = await self.apply(kind, rendered, uid)

    async def create(self, kind: Kind, rendered: Body) -> bool:
        """Create `rendered`. False if there is an object of its name.

        Raises:
            GoingAway: its namespace is being deleted.
            ApiError: as `apply`.
        """
        try:
            await self._apply(kind, _with_hash(rendered), {"resourceVersion": _NO_VERSION}, force=False)
        except NamespaceTerminating:
            raise GoingAway from None
        except Conflict:
            return False
        return True

    async def update(self, kind: Kind, rendered: Body, live: Body, *, exactly: bool = False) -> Outcome:
        """Make `live`, an instance's own, what was rendered.

        Args:
            kind: kind of the child.
            rendered: the child as it shall be.
            live: the child as it is.
            exactly: only if it still is so, because `rendered` was computed from it.

        Raises:
            Conflict: it is not so any more.
            ApiError: as `apply`.
        """
        body = _with_hash(rendered)
        wanted = body["metadata"]["annotations"][APPLIED_HASH]
        preconditions = {field: live["metadata"][field] for field in (("uid", "resourceVersion") if exactly else ("uid",))}
        found = differences(body, live)
        if not found or self._settled.get((kind.kind, preconditions["uid"])) == (wanted, found):
            return Outcome.UNCHANGED
        was_applied = (live["metadata"].get("annotations") or {}).get(APPLIED_HASH) == wanted
        try:
            written = await self._apply(kind, body, preconditions, force=True)
        except Invalid:
            # To an apply, a list element whose key was edited is a second element, and may clash with ours; a merge replaces the list.
            await self._api.merge(kind, {**body, "metadata": {**body["metadata"], **preconditions}})
            written = await self._apply(kind, body, {"uid": preconditions["uid"]}, force=True)
        self._settle(kind, written, wanted, differences(body, written))
        return Outcome.RESTORED if was_applied else Outcome.UPDATED

    async def _apply(self, kind: Kind, body: Body, preconditions: dict[str, str], *, force: bool) -> Body:
        written = await self._api.apply(kind, {**body, "metadata": {**body["metadata"], **preconditions}}, force=force)
        self._store.written(kind, written)
        return written

    def _settle(self, kind: Kind, written: Body, wanted: str, rest: list[Path]) -> None:
        key = (kind.kind, written["metadata"]["uid"])
        self._settled.pop(key, None)
        if rest:
            self._settled[key] = (wanted, rest)
            log.warning("applied_fields_changed_by_server", kind=kind.kind, fields=[".".join(path) for path in rest])


def _with_hash(rendered: Body) -> Body:
    """`rendered` with the annotation that stands for all of it."""
    metadata = rendered["metadata"]
    return {**rendered, "metadata": {**metadata, "annotations": {**metadata.get("annotations", {}), APPLIED_HASH: digest(rendered)}}}


@contextmanager
def recorded(kind: Kind, name: str, result: ReconcileResult, foreign: str = "") -> Iterator[None]:
    """Write into `result` what prevents a child from being written.

    Args:
        kind: kind of the child.
        name: name of the child.
        result: where to record it.
        foreign: what makes an object of that name somebody else's, in parentheses.
    """
    try:
        yield
    except NameTaken:
        result.taken.append(f"{kind.kind} {name}{foreign}")
    except GoingAway:
        result.going_away = True
    except ApiRefused as error:
        result.refusals.append(Problem("ApplyFailed", f"{kind.kind} {name}: {error}"))


def check_ownership(live: Body, uid: str) -> None:
    """Return if `live` is a child of the instance with this uid, or one that is to be adopted, and is not being deleted.

    Raises:
        NameTaken: it belongs to another owner.
        GoingAway: it is being deleted, or will be soon.
    """
    owner = controller_of(live) or {}
    if "deletionTimestamp" in live["metadata"]:
        raise GoingAway
    if owner.get("uid") != uid and not is_left_over(live):
        # Of this kind only an instance of the same name can be the owner: one that was deleted, whose children follow it soon.
        raise GoingAway if owner.get("kind") == INSTANCE.kind else NameTaken
