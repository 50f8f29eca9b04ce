"""Keeps the StatefulSet of an instance and the pods that it makes: which template they have, and when one is replaced.

A pod serves until all that its successor needs is there: a volume of the instance's own that is not being deleted, the images on its node,
and every child as it should be. Of several members, `roll_order` says which is next.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kuberedis_core.body import Body
from kuberedis_core.logging import log
from kuberedis_operator.errors import ApiRefused, Conflict
from kuberedis_operator.instance import roll_order, rollout
from kuberedis_operator.instance.applier import Applier
from kuberedis_operator.instance.claim_keeper import ClaimKeeper
from kuberedis_operator.instance.image_puller import ImagePuller
from kuberedis_operator.instance.live_members import live_members
from kuberedis_operator.instance.roll_order import roll_member
from kuberedis_operator.instance.scaling import members_with_claims
from kuberedis_operator.instance.volume_keeper import VolumeKeeper
from kuberedis_operator.resources.kinds import CONFIG_MAP, POD, SECRET, STATEFUL_SET
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.status.pod_health import Problem, is_ready
from kuberedis_operator.status.reconcile_result import ReconcileResult
from kuberedis_operator.status.volume_health import unscaled, with_claims_of
from kuberedis_operator.topology.formation import Formation
from kuberedis_operator.topology.members import Member
from kuberedis_operator.topology.topology import Topology


class PodKeeper:
    """Keeps the StatefulSets of all instances, and their pods.

    Args:
        api: client of the API server.
        store: live objects.
        applier: writes the StatefulSets.
    """

    def __init__(self, api: ApiClient, store: ObjectStore, applier: Applier) -> None:
        self._api = api
        self._store = store
        self._applier = applier
        self.claims = ClaimKeeper(api, store, applier)
        self._volumes = VolumeKeeper(api, store)
        self._images = ImagePuller(api, store, applier)

    async def write(self, rendered: Body, topology: Topology, result: ReconcileResult, now: datetime) -> None:
        """Make claims, StatefulSet and pods what they should be, as far as that is possible now.

        Args:
            rendered: the StatefulSet as it shall be.
            topology: topology of the instance.
            result: where to record what was done.
            now: current time.

        Raises:
            ApiUnavailable: there was no response.
        """
        live = self._store.child(STATEFUL_SET, topology.namespace, topology.name)
        claims = await self.claims.ensure(topology, result, had=members_with_claims(live))
        if claims.missing or (claims.leaving and live is None):
            result.going_away = result.going_away or claims.leaving
            if live is not None:
                await self._apply(with_claims_of(unscaled(rendered, live), live), topology, result)
            return
        pods = self._pods(topology)
        if live is not None and not await self._images.pulled(rendered, topology, _next_to_restart(pods, rendered, topology), result):
            # The template stays as it is, so that the pod comes back if it ends; memory follows `maxmemory` all the same.
            for _, pod in pods:
                await self._update(pod, rendered, live)
            return
        # What can change in place is changed before the template, which shows what changed.
        stale = [pod for _, pod in pods if not rollout.is_outdated(pod, rendered) and not await self._update(pod, rendered, live)]
        rendered, result.volume = await self._volumes.ensure(rendered, live, claims.usable, topology.instance.uid)
        if result.volume.replacing:
            result.going_away = True
            return
        await self._apply(rendered, topology, result)
        live = self._store.child(STATEFUL_SET, topology.namespace, topology.name)
        # A pod is not restarted for what could only be written in part: it might not come back.
        if live is None or claims.leaving or result.taken or result.refusals:
            return
        outdated = [(member, pod) for member, pod in pods if pod in stale or rollout.is_outdated(pod, live)]
        if topology.formation is not None:
            await self._roll(topology, topology.formation, [pod for _, pod in outdated], live, result, now)
            return
        for member, pod in outdated:
            await self._restart(member, pod, live, result)

    async def refresh(self, topology: Topology, result: ReconcileResult, now: datetime) -> None:
        """Have the kubelet refresh the mounted files of running pods, if these were written and no single pod is restarted anyway."""
        if (result.restarting and topology.formation is None) or not result.wrote(CONFIG_MAP, SECRET):
            return
        for _, pod in self._pods(topology):
            if "deletionTimestamp" not in pod["metadata"]:
                await self._patch(rollout.refreshing(pod, now))

    def _pods(self, topology: Topology) -> list[tuple[Member, Body]]:
        found = live_members(self._store, topology.namespace, topology.members)
        return [(member, live.pod) for member, live in zip(topology.members, found, strict=True) if live.pod is not None]

    async def _apply(self, rendered: Body, topology: Topology, result: ReconcileResult) -> None:
        await self._applier.apply_child(STATEFUL_SET, rendered, topology.instance.uid, result)

    async def _update(self, pod: Body, rendered: Body, live: Body | None) -> bool:
        """Update a running pod to its new template. False if that takes a new pod."""
        if (patch := rollout.relabelling(pod, rendered, live)) is not None:
            await self._patch(patch)
        if (patch := rollout.resizing(pod, rendered, live)) is None:
            return True
        try:
            self._store.written(POD, await self._api.resize(POD, patch))
        except ApiRefused as error:
            log.info("pod_not_resized", namespace=pod["metadata"]["namespace"], pod=pod["metadata"]["name"], error=str(error))
            return False
        return True

    async def _roll(
        self, topology: Topology, formation: Formation, outdated: Sequence[Body], live: Body, result: ReconcileResult, now: datetime
    ) -> None:
        """Replace the next of several pods, or record why none is replaced now."""
        if formation.pods < len(topology.members) and not formation.waits:
            return
        found = live_members(self._store, topology.namespace, topology.members)
        pods = {member.pod_name: each.pod for member, each in zip(topology.members, found, strict=True)}
        members = [roll_member(name, pod, now, outdated=pod in outdated) for name, pod in pods.items()]
        step = roll_order.next_step(members, formation.replication)
        result.stopped = step.stopped
        if step.waits:
            result.change = Problem("Restarting", f"the pods are restarted one after the other; at present {step.waits}")
        for member in topology.members:
            if member.pod_name == step.replace and (pod := pods[member.pod_name]) is not None:
                await self._restart(member, pod, live, result, subject=member.pod_name)
                result.change = Problem("Restarting", f"{member.pod_name} is restarted, {result.restart_cause}")

    async def _restart(self, member: Member, pod: Body, stateful_set: Body, result: ReconcileResult, *, subject: str = "the pod") -> None:
        metadata = pod["metadata"]
        if rollout.may_be_deleted(pod, stateful_set):
            # The watch of claims may be behind the change that asks for the restart.
            if member.claim_name is not None and not await self.claims.may_be_released(metadata["namespace"], member.claim_name):
                return
            await self._api.delete(POD, metadata["namespace"], metadata["name"], metadata["uid"])
            result.restarted = subject
        result.restarting = True
        result.restart_cause = rollout.cause(pod, stateful_set) or "because its resources cannot change in place"

    async def _patch(self, patch: Body) -> None:
        try:
            written = await self._api.merge(POD, patch)
        except Conflict:
            # Another pod of that name by now: it is a new one, and up to date.
            return
        if written is not None:
            self._store.written(POD, written)


def _next_to_restart(pods: Sequence[tuple[Member, Body]], rendered: Body, topology: Topology) -> list[Body]:
    """The pods whose nodes need the images of `rendered` now: of several, the next one to be restarted."""
    if topology.formation is None:
        return [pod for _, pod in pods]
    primary = topology.formation.replication.primary
    in_order = sorted(pods, key=lambda each: (each[0].pod_name == primary, -each[0].ordinal))
    return [pod for _, pod in in_order if is_ready(pod) and rollout.is_outdated(pod, rendered)][:1]
