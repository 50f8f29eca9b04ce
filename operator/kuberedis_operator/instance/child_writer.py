"""Writes the children of one instance, one after the other, each only if it is not as it should be.

The Secret and the ConfigMap come first, because the pods mount them; a child that cannot be written does not stop the others.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from kuberedis_core.body import Body
from kuberedis_core.logging import log
from kuberedis_operator.errors import ApiRefused, Conflict, GoingAway, InvalidAnnotation, NameTaken
from kuberedis_operator.instance import rollout
from kuberedis_operator.instance.applier import Applier, check_ownership
from kuberedis_operator.instance.live_members import live_members
from kuberedis_operator.instance.password_keeper import PasswordKeeper
from kuberedis_operator.instance.secret_keeper import SecretKeeper
from kuberedis_operator.instance.volume_keeper import VolumeKeeper
from kuberedis_operator.resources import render
from kuberedis_operator.resources.kinds import CONFIG_MAP, HTTP_ROUTE, INGRESS, NETWORK_POLICY, POD, SECRET, STATEFUL_SET, Kind
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.status.pod_health import Problem
from kuberedis_operator.status.reconcile_result import ReconcileResult
from kuberedis_operator.topology.topology import Topology

# Children that the spec can also want absent.
_OPTIONAL = (INGRESS, HTTP_ROUTE, NETWORK_POLICY)


class ChildWriter:
    """Writes the children of instances.

    Args:
        api: client of the API server.
        store: live objects.
        key_grace: how long a previous key stays valid by default.
    """

    def __init__(self, api: ApiClient, store: ObjectStore, key_grace: timedelta) -> None:
        self._api = api
        self._store = store
        self._applier = Applier(api, store)
        self._secrets = SecretKeeper(api, store, self._applier, key_grace)
        self._passwords = PasswordKeeper(api, store, self._applier)
        self._volumes = VolumeKeeper(api, store)

    async def write(self, topology: Topology, result: ReconcileResult, now: datetime, *, had_secret: bool, routed: bool) -> None:
        """Write all children that are not as they should be, and delete those that are not wanted.

        Args:
            topology: topology of the instance.
            result: where to record what was done.
            now: current time.
            had_secret: whether the instance had a Secret before.
            routed: whether the instance has the route that it wants.

        Raises:
            ApiUnavailable: there was no response; some children may be written.
        """
        await self._ensure_secret(topology, result, now, had_one=had_secret)
        await self._ensure_password(topology, result, now)
        wanted = set()
        for child in render(topology, routed=routed):
            wanted.add(child.kind)
            if child.kind == STATEFUL_SET:
                await self._ensure_stateful_set(child.body, topology, result)
            else:
                await self._apply(child.kind, child.body, topology, result)
        await self._delete_unwanted(wanted, topology, result)
        await self._refresh_pods(topology, result, now)

    async def _ensure_secret(self, topology: Topology, result: ReconcileResult, now: datetime, *, had_one: bool) -> None:
        name = topology.secret
        try:
            result.secret = await self._secrets.ensure(topology, now, had_one=had_one)
            result.outcomes[SECRET, name] = result.secret.outcome
        except InvalidAnnotation as error:
            result.refusals.append(Problem("InvalidAnnotation", str(error)))
        except NameTaken:
            result.taken.append(f"{SECRET.kind} {name} (which has no api_key)")
        except GoingAway:
            result.going_away = True
        except ApiRefused as error:
            result.refusals.append(Problem("ApplyFailed", f"{SECRET.kind} {name}: {error}"))

    async def _ensure_password(self, topology: Topology, result: ReconcileResult, now: datetime) -> None:
        name = topology.password_secret
        try:
            result.password, result.outcomes[SECRET, name] = await self._passwords.ensure(topology, now)
        except NameTaken:
            result.taken.append(f"{SECRET.kind} {name}")
        except GoingAway:
            result.going_away = True
        except ApiRefused as error:
            result.refusals.append(Problem("ApplyFailed", f"{SECRET.kind} {name}: {error}"))

    async def _apply(self, kind: Kind, rendered: Body, topology: Topology, result: ReconcileResult) -> None:
        name = rendered["metadata"]["name"]
        if not self._store.serves(kind):
            message = f"the cluster does not serve {kind.kind} ({kind.api_version}); install it, or set spec.routing to Ingress"
            result.refusals.append(Problem("KindNotServed", message))
            return
        try:
            result.outcomes[kind, name] = await self._applier.apply(kind, rendered, topology.instance.uid)
        except NameTaken:
            result.taken.append(f"{kind.kind} {name}")
        except GoingAway:
            result.going_away = True
        except ApiRefused as error:
            result.refusals.append(Problem("ApplyFailed", f"{kind.kind} {name}: {error}"))

    async def _ensure_stateful_set(self, rendered: Body, topology: Topology, result: ReconcileResult) -> None:
        live = self._store.child(STATEFUL_SET, topology.namespace, topology.name)
        members = live_members(self._store, topology.namespace, topology.members)
        pods = [member.pod for member in members if member.pod is not None]
        # What can change in place is changed before the template, which shows what changed.
        stale = [pod for pod in pods if not rollout.is_outdated(pod, rendered) and not await self._update_pod(pod, rendered, live)]
        claims = [member.claim for member in members if member.claim is not None]
        rendered, result.volume = await self._volumes.ensure(rendered, live, claims, topology.instance.uid)
        if result.volume.replacing:
            result.going_away = True
            return
        await self._apply(STATEFUL_SET, rendered, topology, result)
        live = self._store.child(STATEFUL_SET, topology.namespace, topology.name)
        # A pod is not restarted for what could only be written in part: it might not come back.
        if live is None or result.taken or result.refusals:
            return
        for pod in pods:
            if pod in stale or rollout.is_outdated(pod, live):
                result.restarting = True
                await self._restart(pod, live, result)

    async def _update_pod(self, pod: Body, rendered: Body, live: Body | None) -> bool:
        """Update a running pod to its new template. False if that takes a new pod."""
        if (patch := rollout.relabelling(pod, rendered, live)) is not None:
            await self._patch_pod(patch)
        if (patch := rollout.resizing(pod, rendered, live)) is None:
            return True
        try:
            self._store.written(POD, await self._api.resize(POD, patch))
        except ApiRefused as error:
            log.info("pod_not_resized", namespace=pod["metadata"]["namespace"], pod=pod["metadata"]["name"], error=str(error))
            return False
        return True

    async def _restart(self, pod: Body, stateful_set: Body, result: ReconcileResult) -> None:
        if rollout.may_be_deleted(pod, stateful_set):
            metadata = pod["metadata"]
            await self._api.delete(POD, metadata["namespace"], metadata["name"], metadata["uid"])
            result.restarted = True

    async def _delete_unwanted(self, wanted: set[Kind], topology: Topology, result: ReconcileResult) -> None:
        for kind in _OPTIONAL:
            if kind in wanted or (live := self._store.child(kind, topology.namespace, topology.name)) is None:
                continue
            try:
                check_ownership(live, topology.instance.uid)
                await self._api.delete(kind, topology.namespace, topology.name, live["metadata"]["uid"])
            except (NameTaken, GoingAway):
                continue
            except ApiRefused as error:
                result.refusals.append(Problem("DeleteFailed", f"{kind.kind} {topology.name}: {error}"))

    async def _refresh_pods(self, topology: Topology, result: ReconcileResult, now: datetime) -> None:
        if result.restarting or not result.wrote(CONFIG_MAP, SECRET):
            return
        for member in live_members(self._store, topology.namespace, topology.members):
            if member.pod is not None and "deletionTimestamp" not in member.pod["metadata"]:
                await self._patch_pod(rollout.refreshing(member.pod, now))

    async def _patch_pod(self, patch: Body) -> None:
        try:
            written = await self._api.merge(POD, patch)
        except Conflict:
            # Another pod of that name by now: it is a new one, and up to date.
            return
        if written is not None:
            self._store.written(POD, written)
