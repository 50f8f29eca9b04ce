"""The one thing that the operator does: bring one instance to what its spec says, and say in its status how it is.

Level-triggered and idempotent: it looks at what is wanted and what is there, never at what happened, and each step is skipped if its
outcome is there already. So it may be run at any time, from any state, and be cut short anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from kuberedis_core.crd.names import NamespacedName, claim_name
from kuberedis_core.crd.spec import Instance, InvalidSpec
from kuberedis_operator.instance.applier import Outcome
from kuberedis_operator.instance.child_writer import Writer
from kuberedis_operator.instance.observation import Observer
from kuberedis_operator.instance.reconcile_result import Report
from kuberedis_operator.instance.route_claims import Place, PlaceTable
from kuberedis_operator.resources.kinds import CLAIM, INSTANCE, STATEFUL_SET
from kuberedis_operator.runtime.api_client import Api, ApiError, Body
from kuberedis_operator.runtime.event_recorder import Recorder
from kuberedis_operator.runtime.object_store import Cluster
from kuberedis_operator.settings import OperatorSettings
from kuberedis_operator.status import conditions, volume_health
from kuberedis_operator.status.conditions import Observed
from kuberedis_operator.status.events import News, changes, news
from kuberedis_operator.status.pod_health import Problem
from kuberedis_operator.topology.route import Route, obstacle, route_of

# When the children of a new instance should have told of themselves.
_BEGUN_SECONDS = 1.0


@dataclass(frozen=True)
class Result:
    """What is to be done after a reconcile."""

    again_after: float | None = None
    """Seconds after which something is due, such as the end of a previous key; None if only an event can change anything."""
    refused: bool = False
    """The API server refused something that it may take later."""
    wrote: bool = False
    """Children were changed."""


class Reconciler:
    """Reconciles instances.

    Args:
        api: The API server.
        cluster: What is known of it.
        settings: Of the operator.
    """

    def __init__(self, api: Api, cluster: Cluster, settings: OperatorSettings) -> None:
        self._api = api
        self._cluster = cluster
        self._settings = settings
        self._writer = Writer(api, cluster, settings)
        self._observer = Observer(api, cluster, settings)
        self._recorder = Recorder(api)
        self._places = PlaceTable()

    def claim_route(self, key: NamespacedName) -> set[NamespacedName]:
        """Take up what `key` wants to be reached at, or that it wants nothing any more.

        All instances have to be taken up before one is reconciled.

        Returns:
            Other instances whose route may have changed.
        """
        body = self._cluster.instances.get(key)
        try:
            instance = Instance.from_body(body) if body is not None else None
        except InvalidSpec:
            instance = None
        route = route_of(instance, self._settings) if instance is not None else None
        if instance is None or route is None:
            return self._places.release(key)
        return self._places.claim(key, _place(route), instance.created_at, instance.uid)

    async def reconcile(self, key: NamespacedName) -> Result:
        """Reconcile one instance; nothing is done if there is none of this key.

        Raises:
            ApiUnavailable: The API server did not answer; to be tried again.
            ApiError: The API server refused what is never refused for long, such as a status.
        """
        body = self._cluster.instances.get(key)
        if body is None or "deletionTimestamp" in body["metadata"]:
            return Result()
        now = datetime.now(UTC)
        try:
            instance = Instance.from_body(body)
        except InvalidSpec as error:
            await self._publish(body, Report(), self._observer.look_at_invalid(body, str(error)), now)
            return Result()
        instance = self._on_its_volume(instance)
        route = route_of(instance, self._settings)
        holder = self._places.holder(_place(route)) if route is not None else None
        if await self._is_gone(instance, body):
            return Result()
        report = await self._write(instance, body, route if holder == key else None, now)
        if _has_begun(instance, body, report):
            await self._tell(body, changes(report))
            return Result(_BEGUN_SECONDS, wrote=True)
        look = await self._observer.look(instance, report, route, holder, now)
        await self._publish(body, report, look.observed, now)
        wrote = report.touched(*(resource for resource, _ in report.outcomes))
        return Result(look.again_after, refused=bool(report.refusals), wrote=wrote)

    def _on_its_volume(self, instance: Instance) -> Instance:
        claim = self._cluster.child(CLAIM, instance.namespace, claim_name(instance.name))
        volume = volume_health.usable(claim, instance.spec.persistence)
        return instance if volume is None else replace(instance, spec=instance.spec.on_volume(volume))

    async def _write(self, instance: Instance, body: Body, route: Route | None, now: datetime) -> Report:
        report = Report()
        if route is not None and (text := obstacle(route, self._settings)) is not None:
            report.refusals.append(Problem("RouteImpossible", text))
            report.route_obstacle = text
            route = None
        if not instance.spec.paused:
            had_secret = "secretName" in body.get("status", {})
            await self._writer.bring_about(instance, report, now, had_secret=had_secret, routed=route is not None)
        return report

    async def _is_gone(self, instance: Instance, body: Body) -> bool:
        """Whether an instance whose children are missing was deleted, with them, and the news of that is still on its way."""
        if "observedGeneration" not in body.get("status", {}) or self._cluster.child(STATEFUL_SET, instance.namespace, instance.name):
            return False
        fresh = await self._api.get(INSTANCE, instance.namespace, instance.name)
        if fresh is not None and fresh["metadata"]["uid"] == instance.uid:
            return "deletionTimestamp" in fresh["metadata"]
        self._cluster.instances.remove(NamespacedName(instance.namespace, instance.name), int(body["metadata"]["resourceVersion"]))
        return True

    async def _publish(self, body: Body, report: Report, observed: Observed, now: datetime) -> None:
        before = body.get("status", {})
        status = conditions.compute(observed, before, now)
        if status != before:
            await self._write_status(body, status)
        await self._tell(body, news(report, before, status))

    async def _tell(self, body: Body, events: Iterable[News]) -> None:
        for event in events:
            await self._recorder.tell(body, event)

    async def _write_status(self, body: Body, status: dict[str, Any]) -> None:
        metadata = body["metadata"]
        patch = {
            "apiVersion": INSTANCE.api_version,
            "kind": INSTANCE.kind,
            "metadata": {"namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]},
            "status": status,
        }
        try:
            written = await self._api.apply(INSTANCE, patch, force=True, subresource="status")
        except ApiError as error:
            # Deleted meanwhile, and perhaps there is another one of that name; an event will tell.
            if error.status not in (404, 409):
                raise
        else:
            self._cluster.written(INSTANCE, written)


def _has_begun(instance: Instance, body: Body, report: Report) -> bool:
    """Whether the instance's first children were made just now: they tell of themselves in a moment, and the first status is of then."""
    created = report.outcomes.get((STATEFUL_SET, instance.name)) is Outcome.CREATED
    return created and "conditions" not in body.get("status", {}) and not (report.refusals or report.taken or report.going_away)


def _place(route: Route) -> Place:
    return Place(route.host, route.path)
