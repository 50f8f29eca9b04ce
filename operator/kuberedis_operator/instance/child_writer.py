"""Writes the children of one instance, one after the other, each only if it is not as it should be.

The Services of several members come first, because other children hold their addresses, then the Secrets and the ConfigMap, because the
pods mount them; a child that cannot be written does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from kuberedis_core.api_kind import Kind
from kuberedis_core.body import Body
from kuberedis_core.crd.names import NamespacedName, claim_name
from kuberedis_core.members import MEMBERS_OF_HIGH_AVAILABILITY
from kuberedis_operator.errors import ApiRefused, GoingAway, InvalidAnnotation, NameTaken
from kuberedis_operator.instance.applier import Applier, check_ownership, recorded
from kuberedis_operator.instance.certificate_keeper import CertificateKeeper
from kuberedis_operator.instance.member_service_keeper import MemberServiceKeeper
from kuberedis_operator.instance.password_keeper import PasswordKeeper
from kuberedis_operator.instance.pod_keeper import PodKeeper
from kuberedis_operator.instance.secret_keeper import SecretKeeper
from kuberedis_operator.resources import password_secret, render, replication_secret
from kuberedis_operator.resources.kinds import CERTIFICATE, DISRUPTION_BUDGET, HTTP_ROUTE, INGRESS, NETWORK_POLICY, SECRET, STATEFUL_SET
from kuberedis_operator.resources.password_secret import RedisPassword
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.status.pod_health import Problem
from kuberedis_operator.status.reconcile_result import ReconcileResult
from kuberedis_operator.topology.topology import Topology

# Children that the spec can also want absent.
_OPTIONAL = (INGRESS, HTTP_ROUTE, NETWORK_POLICY, DISRUPTION_BUDGET, CERTIFICATE)


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
        self._certificates = CertificateKeeper(api, store, self._applier)
        self._services = MemberServiceKeeper(store, self._applier)
        self._pods = PodKeeper(api, store, self._applier)

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
        topology = await self._services.ensure(topology, result)
        await self._ensure_secret(topology, result, now, had_one=had_secret)
        await self._ensure_passwords(topology, result, now)
        if topology.spec.is_replicated and not topology.addresses:
            # What each member is told of the others would be wrong.
            return
        if topology.spec.is_replicated:
            await self._certificates.ensure(topology, result, now)
        wanted = set()
        for child in render(topology, routed=routed):
            wanted.add(child.kind)
            if child.kind != STATEFUL_SET:
                await self._applier.apply_child(child.kind, child.body, topology.instance.uid, result)
            elif len(result.passwords) == len(_password_builders(topology)) and _has_certificate(topology, result):
                # Pods of an image of the tenant's choice mount these Secrets, so they must be the instance's own.
                await self._pods.write(child.body, topology, result, now)
        await self._delete_unwanted(wanted, topology, result)
        await self._pods.refresh(topology, result, now)

    async def release(self, key: NamespacedName) -> None:
        """Give the claims of an instance that is gone the labels of claims that stay.

        Raises:
            ApiError: one was not written.
        """
        for ordinal in range(MEMBERS_OF_HIGH_AVAILABILITY):
            await self._pods.claims.relabel(key.namespace, claim_name(key.name, ordinal))

    async def _ensure_secret(self, topology: Topology, result: ReconcileResult, now: datetime, *, had_one: bool) -> None:
        name = topology.secret
        try:
            with recorded(SECRET, name, result, foreign=" (which has no api_key)"):
                result.secret = await self._secrets.ensure(topology, now, had_one=had_one)
                result.outcomes[SECRET, name] = result.secret.outcome
        except InvalidAnnotation as error:
            result.refusals.append(Problem("InvalidAnnotation", str(error)))

    async def _ensure_passwords(self, topology: Topology, result: ReconcileResult, now: datetime) -> None:
        for name, build in _password_builders(topology).items():
            with recorded(SECRET, name, result):
                result.passwords[name], result.outcomes[SECRET, name] = await self._passwords.ensure(topology, name, build, now)

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


def _password_builders(topology: Topology) -> dict[str, Callable[[Topology, RedisPassword], Body]]:
    """Builders of the Secrets with passwords of servers, by name of the Secret."""
    among_members = {topology.replication_secret: replication_secret.build} if topology.spec.is_replicated else {}
    return {topology.password_secret: password_secret.build, **among_members}


def _has_certificate(topology: Topology, result: ReconcileResult) -> bool:
    """Whether there is what members need to talk to each other; without it they would not start."""
    return not topology.spec.is_replicated or (result.tls is not None and result.tls.not_after is not None)
