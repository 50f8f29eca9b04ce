"""The state of an instance after its children were written, and when it has to be observed again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kuberedis_core.body import Body
from kuberedis_core.crd.names import PROMOTE, pod_names
from kuberedis_core.quantities import canonical
from kuberedis_core.timestamps import parse_time
from kuberedis_operator.errors import ApiRefused
from kuberedis_operator.instance.certificate_keeper import state_of
from kuberedis_operator.instance.live_members import LiveMember, live_members
from kuberedis_operator.instance.not_ready_diagnosis import NotReadyDiagnosis
from kuberedis_operator.resources import secret
from kuberedis_operator.resources.kinds import GATEWAY, HTTP_ROUTE, INGRESS, POD, SECRET, STATEFUL_SET
from kuberedis_operator.resources.secret import InstanceKeys
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.settings import INGRESS_NAMESPACES, Gateway
from kuberedis_operator.status import pod_health, volume_health
from kuberedis_operator.status.condition import OF_SEVERAL, Condition
from kuberedis_operator.status.conditions import Observed
from kuberedis_operator.status.key_status import replacement_note, rotation_status
from kuberedis_operator.status.pod_health import Problem
from kuberedis_operator.status.reconcile_result import ReconcileResult
from kuberedis_operator.status.replication_status import ReplicationStatus, replication_status
from kuberedis_operator.status.route_status import RouteStatus, route_status
from kuberedis_operator.status.tls_status import TlsState
from kuberedis_operator.topology.topology import Topology

# An instance that is not ready is observed again after as long as it has been so, within these bounds: Events are not watched.
_FIRST_OBSERVATION_SECONDS = 4.0
_LONGEST_OBSERVATION_SECONDS = 300.0
_GOING_AWAY_SECONDS = 2.0
# What several members report is no event: how often they are asked while something changes, is not in order, or neither.
_CHANGING_SECONDS = 1.0
_OUT_OF_ORDER_SECONDS = 2.0
_IN_ORDER_SECONDS = 10.0
# Objects of another owner are not watched either.
_TAKEN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Observation:
    """The state of an instance, and when to observe it again (in seconds; None: only after an event)."""

    observed: Observed
    again_after: float | None


@dataclass(slots=True)
class _Pods:
    """What the pods of all members are together."""

    ready: bool
    problem: Problem | None = None
    past_problem: Problem | None = None
    dues: list[float] = field(default_factory=list)
    """When to observe again, in seconds."""

    def join(self, several: ReplicationStatus, members: Sequence[LiveMember]) -> None:
        """Judge the pods as those of several members, of which one that is ready serves all requests."""
        self.ready = several.serves and any(pod_health.is_ready(member.pod) for member in members)
        if self.ready:
            self.past_problem = self.problem or self.past_problem
        changing = _IN_ORDER_SECONDS if several.in_order else _OUT_OF_ORDER_SECONDS
        self.dues.append(_CHANGING_SECONDS if several.change is not None else changing)


class Observer:
    """Observes instances.

    Args:
        api: client of the API server, for what is not watched.
        store: live objects.
    """

    def __init__(self, api: ApiClient, store: ObjectStore) -> None:
        self._api = api
        self._store = store
        self._diagnosis = NotReadyDiagnosis(api)

    async def observe(self, topology: Topology, result: ReconcileResult, before: Mapping[str, Any], now: datetime) -> Observation:
        """The state of an instance.

        Args:
            topology: topology of the instance.
            result: what was just done to its children.
            before: previous status of the instance.
            now: current time.

        Raises:
            ApiError: the cause of a problem could not be read.
        """
        instance, spec, route = topology.instance, topology.spec, topology.route
        members = live_members(self._store, topology.namespace, topology.members)
        pods = await self._pods(topology, members[: topology.pods], now)
        several = _several(topology, members, result, before, now)
        if several is not None:
            pods.join(several, members)
        elif topology.formation is not None:
            pods.dues.append(_IN_ORDER_SECONDS)
        tls = self._tls(topology, result, now)
        keys = self._keys(topology, result)
        dues = pods.dues
        if tls is not None and tls.due is not None:
            dues.append(max(0.0, (tls.due - now).total_seconds()))
        if keys is not None and keys.previous_expires_at is not None and not spec.paused:
            dues.append(max(0.0, (keys.previous_expires_at - now).total_seconds()))
        expiries = (password.previous_expires_at for password in result.passwords.values())
        dues += [max(0.0, (expiry - now).total_seconds()) for expiry in expiries if expiry is not None]
        if result.going_away:
            dues.append(_GOING_AWAY_SECONDS)
        if result.taken:
            dues.append(_TAKEN_SECONDS)
        if result.route.until is not None:
            dues.append(max(0.0, (result.route.until - now).total_seconds()))
        has_route = result.route.conflict is None and not result.route_obstacle
        accepted = await self._route_status(topology) if has_route else None
        observed = Observed(
            generation=instance.generation,
            paused=spec.paused,
            fields={
                **_fields(topology, result, keys, members),
                **(several.fields if several is not None else {}),
                **({"tls": tls.fields()} if tls is not None else {}),
            },
            url=(route.url(accepted.address or None) or "") if route is not None and accepted is not None else "",
            refusals=tuple(result.refusals),
            taken_names=tuple(result.taken),
            route_conflict=result.route.conflict,
            hidden_route=result.route.hidden,
            path=f"{route.host or ''}{route.path}" if route is not None else "",
            pods_ready=pods.ready,
            pod_problem=pods.problem,
            past_problem=pods.past_problem,
            restarting=result.restart_cause if topology.formation is None else "",
            change=several.change if several is not None else None,
            stopped=result.stopped,
            of_several=(
                *((several.replicated,) if several is not None else ()),
                *((Condition("TLSReady", tls.is_ready, tls.reason, tls.message),) if tls is not None else ()),
            ),
            replication_problem=several.problem if several is not None else None,
            pulling=result.pulling,
            route_problem=result.route_obstacle or _route_problem(topology, accepted),
            volume_problem=_volume_problem(members),
            volume=result.volume.progress,
            volume_obstacle=result.volume.obstacle,
            capacity=result.volume.wanted,
            key_note=replacement_note(keys),
        )
        return Observation(observed, min(dues, default=None))

    def observe_untouched(self, body: Body, problem: Problem) -> Observed:
        """The state of an instance that cannot be reconciled: its children stay as they were.

        Args:
            body: the instance.
            problem: why, for example what is wrong with its spec.
        """
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        fields = {member: value for member, value in body.get("status", {}).items() if member != "conditions"}
        stateful_set = self._store.child(STATEFUL_SET, namespace, name)
        replicas = stateful_set["spec"]["replicas"] if stateful_set is not None else 1
        return Observed(
            generation=body["metadata"]["generation"],
            fields=fields,
            url=fields.get("url", ""),
            refusals=(problem,),
            pods_ready=any(pod_health.is_ready(self._store.child(POD, namespace, pod)) for pod in pod_names(name, replicas)),
            of_several=tuple(_conditions_of_several(body.get("status", {}))),
        )

    async def _pods(self, topology: Topology, members: Sequence[LiveMember], now: datetime) -> _Pods:
        pods = _Pods(all(pod_health.is_ready(member.pod) for member in members))
        stateful_set = self._store.child(STATEFUL_SET, topology.namespace, topology.name)
        for each, member in zip(topology.members, members, strict=False):
            if not pod_health.is_ready(member.pod) and not _is_leaving(member.pod):
                problem = await self._problem(stateful_set, member, now, pods.dues)
                if problem is not None and topology.formation is not None:
                    problem = Problem(problem.reason, f"{each.pod_name}: {problem.message}")
                pods.problem = pods.problem or problem
            past_problem = _past_problem(member.pod, now, pods.dues)
            pods.past_problem = pods.past_problem or past_problem
        return pods

    async def _problem(self, stateful_set: Body | None, member: LiveMember, now: datetime, dues: list[float]) -> Problem | None:
        """What keeps a pod from becoming ready; looked for only once it had time to become so."""
        waiting = member.pod or stateful_set
        created = parse_time(waiting["metadata"]["creationTimestamp"]) if waiting is not None else None
        age = (now - created).total_seconds() if created is not None else 0.0
        dues.append(min(max(age, _FIRST_OBSERVATION_SECONDS), _LONGEST_OBSERVATION_SECONDS))
        if age < _FIRST_OBSERVATION_SECONDS - 1:
            return None
        return await self._diagnosis.problem(stateful_set, member.pod, member.claim, now)

    def _tls(self, topology: Topology, result: ReconcileResult, now: datetime) -> TlsState | None:
        if result.tls is not None or not topology.spec.is_replicated:
            return result.tls
        return state_of(self._store.child(SECRET, topology.namespace, topology.tls_secret), now)

    def _keys(self, topology: Topology, result: ReconcileResult) -> InstanceKeys | None:
        if result.secret is not None:
            return result.secret.keys
        live = self._store.child(SECRET, topology.namespace, topology.secret)
        return secret.read(live) if live is not None else None

    async def _route_status(self, topology: Topology) -> RouteStatus | None:
        route = topology.route
        if route is None:
            return None
        live = self._store.child(INGRESS if route.routing == "Ingress" else HTTP_ROUTE, topology.namespace, topology.name)
        if live is None:
            return RouteStatus(False, "the route does not exist yet")
        status = route_status(live)
        if status.accepted and route.routing == "HTTPRoute" and route.gateway is not None and route.url(None) is None:
            return status._replace(address=await self._gateway_address(route.gateway))
        return status

    async def _gateway_address(self, gateway: Gateway) -> str:
        """The address of the Gateway, which an HTTPRoute does not have in its own status; empty if it may not be read."""
        try:
            live = await self._api.get(GATEWAY, gateway.namespace, gateway.name)
        except ApiRefused:
            return ""
        addresses = (live or {}).get("status", {}).get("addresses") or [{}]
        return str(addresses[0].get("value", ""))


def _conditions_of_several(status: Mapping[str, Any]) -> Iterator[Condition]:
    """The conditions that only several members have, as they were."""
    for each in status.get("conditions", ()):
        if each["type"] in OF_SEVERAL:
            yield Condition(each["type"], each["status"] == "True", each["reason"], each["message"])


def _several(
    topology: Topology, members: Sequence[LiveMember], result: ReconcileResult, before: Mapping[str, Any], now: datetime
) -> ReplicationStatus | None:
    """What the status says of several members; None for a member on its own, whatever its form."""
    if topology.formation is None or topology.formation.alone:
        return None
    promote = topology.instance.annotations.get(PROMOTE, "")
    return replication_status(topology.formation, [member.pod for member in members], result.change, before, promote, now)


def _volume_problem(members: Sequence[LiveMember]) -> Problem | None:
    return next(filter(None, (volume_health.deletion_problem(member.claim, member.pod) for member in members)), None)


def _route_problem(topology: Topology, accepted: RouteStatus | None) -> str:
    """Why requests by the route do not arrive, as far as the cluster shows it; empty if they do."""
    if topology.route is not None and not topology.admits_controllers:
        return (
            "the NetworkPolicy lets in no ingress controller; name the namespace of yours in the operator's environment:"
            f" {INGRESS_NAMESPACES}, for example ingress-nginx"
        )
    return accepted.message if accepted is not None else ""


def _is_leaving(pod: Body | None) -> bool:
    return pod is not None and "deletionTimestamp" in pod["metadata"]


def _past_problem(pod: Body | None, now: datetime, dues: list[float]) -> Problem | None:
    if pod is None:
        return None
    if (recent := pod_health.recent_restart(pod, now)) is None:
        return pod_health.pending_resize(pod)
    problem, until = recent
    dues.append((until - now).total_seconds())
    return problem


def _fields(topology: Topology, result: ReconcileResult, keys: InstanceKeys | None, members: Sequence[LiveMember]) -> dict[str, Any]:
    """The members of the status that are not conditions."""
    volume_bytes = volume_health.smallest_size(member.claim for member in members)
    fields: dict[str, Any] = {
        "version": topology.version,
        "capacity": canonical(volume_bytes or topology.spec.capacity),
        "maxmemory": canonical(topology.spec.maxmemory),
        "memoryLimit": canonical(topology.memory_limit),
    }
    if keys is not None:
        fields["secretName"] = topology.secret
        ignored = result.secret.ignored_request if result.secret is not None else ""
        rotation = {"request": ignored} if ignored else rotation_status(keys)
        fields.update({"keyRotation": rotation} if rotation else {})
    return fields
