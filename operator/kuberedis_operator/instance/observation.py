"""The looking half of a reconcile: how an instance is, after everything that could be done was done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kuberedis_core.crd.names import NamespacedName, claim_name, pod_name, secret_name
from kuberedis_core.crd.spec import Instance
from kuberedis_core.quantities import canonical
from kuberedis_core.timestamps import parse_time
from kuberedis_operator.instance import key_rotation
from kuberedis_operator.instance.key_rotation import Credentials
from kuberedis_operator.instance.not_ready_diagnosis import Diagnosis
from kuberedis_operator.instance.reconcile_result import Report
from kuberedis_operator.resources.kinds import CLAIM, GATEWAY, HTTP_ROUTE, INGRESS, POD, SECRET, STATEFUL_SET
from kuberedis_operator.runtime.api_client import Api, ApiError, Body
from kuberedis_operator.runtime.object_store import Cluster
from kuberedis_operator.settings import OperatorSettings
from kuberedis_operator.status import pod_health, volume_health
from kuberedis_operator.status.conditions import Observed
from kuberedis_operator.status.pod_health import Problem
from kuberedis_operator.status.route_status import Admission, admission_of
from kuberedis_operator.topology.container_resources import memory_limit
from kuberedis_operator.topology.images import version_of
from kuberedis_operator.topology.route import Route

# While an instance is not ready it is looked at again after as long as it has been so, within these bounds: what Events say is not watched.
_FIRST_LOOK_SECONDS = 4.0
_LONGEST_LOOK_SECONDS = 300.0
_GOING_AWAY_SECONDS = 2.0
# What belongs to somebody else is not watched either.
_TAKEN_SECONDS = 30.0


@dataclass
class Look:
    """An instance as it is, and when to look again (in seconds; None: an event will tell)."""

    observed: Observed
    again_after: float | None


@dataclass
class _Parts:
    stateful_set: Body | None
    pod: Body | None
    claim: Body | None
    dues: list[float] = field(default_factory=list)


class Observer:
    """Looks at instances.

    Args:
        api: Where to ask for what is not watched.
        cluster: What is known.
        settings: Of the operator.
    """

    def __init__(self, api: Api, cluster: Cluster, settings: OperatorSettings) -> None:
        self._api = api
        self._cluster = cluster
        self._settings = settings
        self._diagnosis = Diagnosis(api)

    async def look(self, instance: Instance, report: Report, route: Route | None, holder: NamespacedName | None, now: datetime) -> Look:
        """How the instance is.

        Args:
            instance: The instance.
            report: What was done to its children just now.
            route: The route that it wants.
            holder: The instance that has it.
            now: The time.

        Raises:
            ApiUnavailable, ApiError: What is wrong could not be asked for.
        """
        namespace, name = instance.namespace, instance.name
        parts = _Parts(
            self._cluster.child(STATEFUL_SET, namespace, name),
            self._cluster.child(POD, namespace, pod_name(name)),
            self._cluster.child(CLAIM, namespace, claim_name(name)),
        )
        ready = pod_health.is_ready(parts.pod)
        leaving = parts.pod is not None and "deletionTimestamp" in parts.pod["metadata"]
        problem = None if ready or leaving else await self._problem(parts, now)
        past = self._past_problem(parts, now)
        credentials = self._credentials(instance, report)
        if credentials is not None and credentials.previous_expires_at is not None and not instance.spec.paused:
            parts.dues.append(max(0.0, (credentials.previous_expires_at - now).total_seconds()))
        if report.going_away:
            parts.dues.append(_GOING_AWAY_SECONDS)
        if report.taken:
            parts.dues.append(_TAKEN_SECONDS)
        own = holder == (namespace, name)
        admission = await self._admission(namespace, name, route) if own and route is not None and not report.route_obstacle else None
        observed = Observed(
            generation=instance.generation,
            paused=instance.spec.paused,
            fields=self._fields(instance, report, credentials, parts.claim),
            url=(route.url(self._settings, admission.address or None) or "") if route is not None and admission is not None else "",
            refusals=tuple(report.refusals),
            taken_names=tuple(report.taken),
            path_holder="" if own or holder is None else "/".join(holder),
            path=f"{route.host or ''}{route.path}" if route is not None else "",
            pod_ready=ready,
            pod_problem=problem,
            past_problem=past,
            restarting=report.restarting,
            unrouted=report.route_obstacle or (admission.message if admission is not None else ""),
            volume=report.volume.volume,
            volume_obstacle=report.volume.obstacle,
            capacity=report.volume.wanted,
            key_note=_key_note(credentials),
        )
        return Look(observed, min(parts.dues, default=None))

    def look_at_invalid(self, body: Body, message: str) -> Observed:
        """How an instance is whose spec cannot be read: its children run on as they were.

        Args:
            body: The instance.
            message: What is wrong with the spec.
        """
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        fields = {member: value for member, value in body.get("status", {}).items() if member != "conditions"}
        return Observed(
            generation=body["metadata"]["generation"],
            fields=fields,
            url=fields.get("url", ""),
            refusals=(Problem("InvalidSpec", message),),
            pod_ready=pod_health.is_ready(self._cluster.child(POD, namespace, pod_name(name))),
        )

    async def _problem(self, parts: _Parts, now: datetime) -> Problem | None:
        """What keeps the pod from becoming ready; asked only once it had time for it."""
        waiting = parts.pod or parts.stateful_set
        created = parse_time(waiting["metadata"]["creationTimestamp"]) if waiting is not None else None
        age = (now - created).total_seconds() if created is not None else 0.0
        parts.dues.append(min(max(age, _FIRST_LOOK_SECONDS), _LONGEST_LOOK_SECONDS))
        return await self._diagnosis.problem(parts.stateful_set, parts.pod, parts.claim, now) if age >= _FIRST_LOOK_SECONDS - 1 else None

    def _past_problem(self, parts: _Parts, now: datetime) -> Problem | None:
        if parts.pod is None:
            return None
        if (told := pod_health.recent_out_of_memory(parts.pod, now)) is None:
            return pod_health.pending_resize(parts.pod)
        problem, until = told
        parts.dues.append((until - now).total_seconds())
        return problem

    def _credentials(self, instance: Instance, report: Report) -> Credentials | None:
        if report.secret is not None:
            return report.secret.credentials
        live = self._cluster.child(SECRET, instance.namespace, secret_name(instance.name))
        return key_rotation.read(live) if live is not None else None

    def _fields(self, instance: Instance, report: Report, credentials: Credentials | None, claim: Body | None) -> dict[str, Any]:
        spec = instance.spec
        fields: dict[str, Any] = {
            "version": version_of(spec, self._settings),
            "capacity": canonical(volume_health.usable(claim, spec.persistence) or spec.capacity),
            "maxmemory": canonical(spec.maxmemory),
            "memoryLimit": canonical(memory_limit(spec)),
        }
        if credentials is not None:
            fields["secretName"] = secret_name(instance.name)
            ignored = report.secret.ignored_request if report.secret is not None else ""
            rotation_fields = {"request": ignored} if ignored else credentials.status()
            fields.update({"keyRotation": rotation_fields} if rotation_fields else {})
        return fields

    async def _admission(self, namespace: str, name: str, route: Route) -> Admission:
        live = self._cluster.child(INGRESS if route.routing == "Ingress" else HTTP_ROUTE, namespace, name)
        if live is None:
            return Admission(False, "the route is not there yet")
        admission = admission_of(live)
        if admission.admitted and route.routing == "HTTPRoute" and route.url(self._settings, None) is None:
            return admission._replace(address=await self._gateway_address())
        return admission

    async def _gateway_address(self) -> str:
        """The address of the Gateway, which an HTTPRoute does not have in its own status; empty if it may not be read."""
        gateway = self._settings.gateway
        if gateway is None:
            return ""
        try:
            live = await self._api.get(GATEWAY, gateway.namespace, gateway.name)
        except ApiError:
            return ""
        addresses = (live or {}).get("status", {}).get("addresses") or [{}]
        return str(addresses[0].get("value", ""))


def _key_note(credentials: Credentials | None) -> str:
    if credentials is None or credentials.origin != "replaced":
        return ""
    return f"the key was made anew at {credentials.status().get('rotatedAt', 'an unknown time')}, because the Secret had been deleted"
