"""Decides which instance has its route, from the claims of all and from what was recorded of routes before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kuberedis_core.crd.names import NamespacedName
from kuberedis_core.crd.spec import InvalidSpec
from kuberedis_operator.errors import ApiRefused, NotAllowed
from kuberedis_operator.instance.instance_reader import read_instance
from kuberedis_operator.instance.route_claims import RouteClaims
from kuberedis_operator.instance.route_records import RouteRecords
from kuberedis_operator.instance.route_registry import RouteRegistry
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.settings import OperatorSettings
from kuberedis_operator.status.pod_health import Problem
from kuberedis_operator.status.reconcile_result import ReconcileResult, RouteDecision
from kuberedis_operator.topology.route import route_of
from kuberedis_operator.topology.route_hosts import HostIndex
from kuberedis_operator.topology.topology import Topology


class RouteKeeper:
    """Claims and grants of routes.

    Args:
        api: client of the API server.
        store: live objects.
        settings: settings of the operator.
        foreign: routes that belong to no instance.
    """

    def __init__(self, api: ApiClient, store: ObjectStore, settings: OperatorSettings, foreign: HostIndex) -> None:
        self._store = store
        self._settings = settings
        self._records = RouteRecords()
        self._claims = RouteClaims(settings, self._records, foreign)
        self._registry = RouteRegistry(api, self._records, settings.own_namespace)
        self._compared = False

    async def load(self) -> None:
        """Read what was recorded."""
        await self._registry.load()

    def update_claims(self, key: NamespacedName) -> set[NamespacedName]:
        """Claim the route that an instance wants, or release it if it wants none any more.

        Returns:
            Keys of other instances whose route may have changed.
        """
        now = datetime.now(UTC)
        body = self._store.owners.get(key)
        if body is None:
            return self._claims.release(key, now)
        try:
            instance = read_instance(body, self._settings)
        except (InvalidSpec, NotAllowed):
            # Its children stay as they are, and so does its route.
            return set()
        if instance.spec.paused and self._claims.is_known(key):
            return set()
        route = route_of(instance, self._settings)
        if route is None:
            return self._claims.release(key, now)
        return self._claims.claim(key, route.claim, instance.created_at, instance.uid, now)

    async def decide(self, topology: Topology, result: ReconcileResult, now: datetime) -> RouteDecision:
        """Whether an instance has the route that it wants; recorded before this returns.

        Args:
            topology: topology of the instance.
            result: where to record that it could not be recorded.
            now: current time.

        Raises:
            ApiUnavailable: there was no response.
        """
        self._compare_once(now)
        instance, route = topology.instance, topology.route
        key = NamespacedName(instance.namespace, instance.name)
        decision = RouteDecision()
        if route is not None:
            # The response to a write can show an edit before its event arrives, and only what was claimed may be granted.
            if not (instance.spec.paused and self._claims.is_known(key)):
                self._claims.claim(key, route.claim, instance.created_at, instance.uid, now)
            decision = self._claims.decide(key, now)
        try:
            await self._registry.save(key.namespace)
        except ApiRefused as error:
            message = (
                f"the operator cannot record whose route this is, in namespace {self._settings.own_namespace}: {error};"
                " update its Role with the manifests of this release"
            )
            result.refusals.append(Problem("RouteNotRecorded", message))
        return decision

    async def save(self, namespace: str) -> None:
        """Record what became free in `namespace`."""
        await self._registry.save(namespace)

    def _compare_once(self, now: datetime) -> None:
        """Free what was granted to instances that went while no operator ran; all instances are known by now."""
        if not self._compared:
            self._compared = True
            self._records.free_all_but(self._store.owners, now)
            self._records.forget_freed_before(now - timedelta(seconds=self._settings.route_hold_seconds))
