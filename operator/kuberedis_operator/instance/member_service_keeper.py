"""The Services of several members: written before all else, because other children hold their addresses.

The address is the member to the others, so one that is made again asks for the address that it had. Services of members that are no longer
wanted stay: they cost nothing, and their addresses are the same when the members come back.
"""

from __future__ import annotations

from kuberedis_operator.errors import Invalid
from kuberedis_operator.instance.applier import Applier, recorded
from kuberedis_operator.resources.config_map import former_addresses
from kuberedis_operator.resources.kinds import CONFIG_MAP, SERVICE
from kuberedis_operator.resources.services import build_member
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.status.reconcile_result import Outcome, ReconcileResult
from kuberedis_operator.topology.members import Member
from kuberedis_operator.topology.topology import Topology


class MemberServiceKeeper:
    """Keeps the Services of the members of all instances.

    Args:
        store: live objects.
        applier: writes the Services.
    """

    def __init__(self, store: ObjectStore, applier: Applier) -> None:
        self._store = store
        self._applier = applier

    async def ensure(self, topology: Topology, result: ReconcileResult) -> Topology:
        """Ensure that each of several members has its Service.

        Args:
            topology: topology of the instance.
            result: where to record what was done.

        Returns:
            The topology with the addresses of the members, as far as they are known.

        Raises:
            ApiUnavailable: there was no response; some Services may be written.
        """
        cluster_ips: dict[str, str] = {}
        for member in topology.members:
            if (name := member.service) is None:
                continue
            with recorded(SERVICE, name, result):
                result.outcomes[SERVICE, name] = await self._write(topology, member, name)
                live = self._store.child(SERVICE, topology.namespace, name)
                cluster_ips |= {name: live["spec"]["clusterIP"]} if live is not None else {}
        return topology.with_addresses(cluster_ips)

    async def _write(self, topology: Topology, member: Member, name: str) -> Outcome:
        uid = topology.instance.uid
        former = former_addresses(self._store.child(CONFIG_MAP, topology.namespace, topology.config_map)).get(member.pod_name)
        if former is not None and self._store.child(SERVICE, topology.namespace, name) is None:
            try:
                return await self._applier.apply(SERVICE, build_member(topology, member, former), uid)
            except Invalid:
                # Another Service has it by now; the members hear of the new address.
                pass
        return await self._applier.apply(SERVICE, build_member(topology, member), uid)
