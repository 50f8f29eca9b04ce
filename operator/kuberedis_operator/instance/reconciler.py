"""Makes the cluster match the spec of one instance, and writes its state into its status.

A reconcile is one line: read the spec, ask several members how they stand, compute the topology, check the claim of its route, write the
children that builders render, observe, publish the status. It is level-triggered and idempotent: it compares what is wanted with what
exists, never what happened, and skips each step whose result exists already. So it may run at any time, from any state, and may be
interrupted anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from kuberedis_core.body import Body
from kuberedis_core.crd.names import NamespacedName
from kuberedis_core.crd.spec import Instance, InvalidSpec
from kuberedis_operator.errors import ApiError, Conflict, NotAllowed, NotFound, OperatorError
from kuberedis_operator.instance.child_writer import ChildWriter
from kuberedis_operator.instance.formation_observer import FormationObserver
from kuberedis_operator.instance.instance_reader import read_instance
from kuberedis_operator.instance.live_members import live_members
from kuberedis_operator.instance.member_reports import MemberReports
from kuberedis_operator.instance.observation import Observer
from kuberedis_operator.instance.rollout import is_outdated
from kuberedis_operator.instance.route_keeper import RouteKeeper
from kuberedis_operator.resources import statefulset
from kuberedis_operator.resources.kinds import INSTANCE, POD, STATEFUL_SET
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.event_recorder import EventRecorder
from kuberedis_operator.runtime.metrics import OperatorMetrics
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.runtime.reconciler import Requeue
from kuberedis_operator.settings import OperatorSettings
from kuberedis_operator.status import conditions, volume_health
from kuberedis_operator.status.conditions import Observed
from kuberedis_operator.status.events import TAKEOVERS, TransitionEvent, child_events, transition_events
from kuberedis_operator.status.pod_health import Problem, is_leaving
from kuberedis_operator.status.reconcile_result import Outcome, ReconcileResult
from kuberedis_operator.topology.formation import Formation
from kuberedis_operator.topology.members import members_of
from kuberedis_operator.topology.route_hosts import HostIndex
from kuberedis_operator.topology.topology import Topology, topology_of

# Time until the watches have delivered the children of a new instance.
_BEGUN_SECONDS = 1.0


class InstanceReconciler:
    """Reconciles instances.

    Args:
        api: client of the API server.
        store: live objects.
        settings: settings of the operator.
        foreign: routes that belong to no instance.
        reports: reads the reports of members.
        metrics: where changes of primaries are counted.
    """

    def __init__(
        self,
        api: ApiClient,
        store: ObjectStore,
        settings: OperatorSettings,
        foreign: HostIndex,
        reports: MemberReports,
        metrics: OperatorMetrics,
    ) -> None:
        self._api = api
        self._store = store
        self._settings = settings
        self._writer = ChildWriter(api, store, timedelta(seconds=settings.key_grace_seconds))
        self._observer = Observer(api, store)
        self._formations = FormationObserver(store, reports)
        self._recorder = EventRecorder(api)
        self._metrics = metrics
        self._routes = RouteKeeper(api, store, settings, foreign)

    async def prepare(self) -> None:
        """Read which routes were granted before."""
        await self._routes.load()

    def update_claims(self, key: NamespacedName) -> set[NamespacedName]:
        """Claim the route that the instance wants, or release it if it wants none any more.

        Returns:
            Keys of other instances whose route may have changed.
        """
        return self._routes.update_claims(key)

    async def reconcile(self, key: NamespacedName) -> Requeue:
        """Reconcile one instance; if there is none of this key, nothing but the labels of a claim that it left are written.

        Raises:
            ApiUnavailable: the API server did not respond; to be retried.
            ApiRefused: the API server refused what it accepts as a rule, such as a status.
        """
        body = self._store.owners.get(key)
        if body is None:
            self._formations.forget(key)
            await self._writer.release(key)
            await self._routes.save(key.namespace)
            return Requeue()
        if "deletionTimestamp" in body["metadata"]:
            return Requeue()
        now = datetime.now(UTC)
        try:
            return await self._reconcile(body, now)
        except (InvalidSpec, NotAllowed) as error:
            reason = "InvalidSpec" if isinstance(error, InvalidSpec) else "NotAllowed"
            await self._publish_untouched(body, Problem(reason, str(error)), now)
            return Requeue()
        except OperatorError:
            raise
        except Exception as fault:
            # Whatever caused it, a message in the status reaches the owner; the log reaches only the operator's.
            message = f"the operator failed on this instance, and tries again ({type(fault).__name__}); its log has more: please report it"
            with suppress(ApiError):
                await self._publish_untouched(body, Problem("OperatorFault", message), now)
            raise

    async def _reconcile(self, body: Body, now: datetime) -> Requeue:
        topology = await self._topology(read_instance(body, self._settings), body.get("status", {}))
        if await self._is_deleted(topology, body):
            return Requeue()
        result = ReconcileResult(takeover=topology.formation.replication.takeover if topology.formation is not None else None)
        result.route = await self._routes.decide(topology, result, now)
        await self._write(topology, body, result, now)
        if _has_begun(topology, body, result):
            await self._record(body, child_events(result))
            return Requeue(_BEGUN_SECONDS, wrote=True)
        observation = await self._observer.observe(topology, result, body.get("status", {}), now)
        await self._publish(body, result, observation.observed, now)
        return Requeue(observation.again_after, refused=bool(result.refusals), wrote=result.wrote())

    async def _topology(self, instance: Instance, status: Body) -> Topology:
        of_several, formation = await self._formations.observe(instance, status)
        topology = self._topology_of(of_several, formation)
        if formation is None or not formation.alone or not self._is_restarted(topology):
            return topology
        # A pod that ends anyway comes back as that of one member.
        return self._topology_of(instance, None)

    def _topology_of(self, instance: Instance, formation: Formation | None) -> Topology:
        members = members_of(instance, number=1 if formation is not None and formation.alone else None)
        claims = [member.claim for member in live_members(self._store, instance.namespace, members)]
        return topology_of(instance, self._settings, volume_bytes=volume_health.smallest_size(claims), formation=formation)

    def _is_restarted(self, topology: Topology) -> bool:
        """Whether the pod of a member that is alone ends, or is to be replaced."""
        pod = self._store.child(POD, topology.namespace, topology.members[0].pod_name)
        live = self._store.child(STATEFUL_SET, topology.namespace, topology.name)
        templates = [statefulset.build(topology), *([live] if live is not None else [])]
        return pod is None or is_leaving(pod) or any(is_outdated(pod, template) for template in templates)

    async def _write(self, topology: Topology, body: Body, result: ReconcileResult, now: datetime) -> None:
        has_route = result.route.conflict is None
        if has_route and topology.route is not None and (obstacle := topology.route.obstacle) is not None:
            result.refusals.append(Problem("RouteImpossible", obstacle))
            result.route_obstacle = obstacle
        if not topology.spec.paused:
            had_secret = "secretName" in body.get("status", {})
            routed = has_route and not result.route_obstacle
            await self._writer.write(topology, result, now, had_secret=had_secret, routed=routed)

    async def _is_deleted(self, topology: Topology, body: Body) -> bool:
        """Whether an instance whose StatefulSet is missing was deleted together with it, before the watch delivered that."""
        namespace, name = topology.namespace, topology.name
        if "observedGeneration" not in body.get("status", {}) or self._store.child(STATEFUL_SET, namespace, name):
            return False
        fresh = await self._api.get(INSTANCE, namespace, name)
        if fresh is not None and fresh["metadata"]["uid"] == topology.instance.uid:
            return "deletionTimestamp" in fresh["metadata"]
        self._store.owners.remove(NamespacedName(namespace, name), int(body["metadata"]["resourceVersion"]))
        return True

    async def _publish(self, body: Body, result: ReconcileResult, observed: Observed, now: datetime) -> None:
        before = body.get("status", {})
        status = conditions.compute(observed, before, now)
        if status != before:
            await self._write_status(body, status)
        await self._record(body, transition_events(result, before, status))

    async def _publish_untouched(self, body: Body, problem: Problem, now: datetime) -> None:
        await self._publish(body, ReconcileResult(), self._observer.observe_untouched(body, problem), now)

    async def _record(self, body: Body, events: Iterable[TransitionEvent]) -> None:
        for event in events:
            if event.reason in TAKEOVERS.values():
                self._metrics.takeovers.labels(event.reason).inc()
            await self._recorder.record(body, event)

    async def _write_status(self, body: Body, status: Body) -> None:
        metadata = body["metadata"]
        patch = {
            "apiVersion": INSTANCE.api_version,
            "kind": INSTANCE.kind,
            "metadata": {"namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]},
            "status": status,
        }
        try:
            written = await self._api.apply(INSTANCE, patch, force=True, subresource="status")
        except (NotFound, Conflict):
            # Deleted meanwhile, and perhaps there is another one of that name; the watch will deliver that.
            return
        self._store.written(INSTANCE, written)


def _has_begun(topology: Topology, body: Body, result: ReconcileResult) -> bool:
    """Whether the first children were just created: the watches deliver them in a moment, and the first status is written then."""
    created = result.outcomes.get((STATEFUL_SET, topology.name)) is Outcome.CREATED
    return created and "conditions" not in body.get("status", {}) and not (result.refusals or result.taken or result.going_away)
