"""Finds out how the members of an instance stand: what they report, and how far a change of their number is.

Nothing is read for an instance of one member. For how long something is missing is kept here, and begins anew with the operator.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from kuberedis_core import members
from kuberedis_core.body import Body
from kuberedis_core.crd.names import PROMOTE, NamespacedName, config_map_name, pod_names
from kuberedis_core.crd.spec import Instance
from kuberedis_core.members import Members
from kuberedis_operator.instance.member_reports import MemberReports
from kuberedis_operator.instance.scaling import Scale, is_replicated, scale_of
from kuberedis_operator.resources.kinds import CONFIG_MAP, POD, STATEFUL_SET
from kuberedis_operator.resources.paths import MEMBERS_FILE
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.status.replication_status import is_primary_lost
from kuberedis_operator.topology.formation import Formation
from kuberedis_operator.topology.replication import Replication


class FormationObserver:
    """Observes the members of all instances.

    Args:
        store: live objects.
        reports: reads the reports of members.
        clock: a clock in seconds, of any origin.
    """

    def __init__(self, store: ObjectStore, reports: MemberReports, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._reports = reports
        self._clock = clock
        self._missing: dict[tuple[NamespacedName, str], float] = {}

    def forget(self, key: NamespacedName) -> None:
        """The instance is gone."""
        for what in ("primary", "quorum", "whole"):
            self._missing.pop((key, what), None)

    async def observe(self, instance: Instance, status: Mapping[str, Any]) -> tuple[Instance, Formation | None]:
        """The instance with as many members as it consists of for now, and how these stand; None if it is only one.

        Args:
            instance: the instance as it was applied.
            status: previous status of the instance.
        """
        key = NamespacedName(instance.namespace, instance.name)
        stateful_set = self._store.child(STATEFUL_SET, *key)
        if not instance.spec.is_replicated and stateful_set is not None and not is_replicated(stateful_set):
            return instance, None
        names = pod_names(instance.name, members.MEMBERS_OF_HIGH_AVAILABILITY)
        pods = {name: self._store.child(POD, instance.namespace, name) for name in names}
        if not instance.spec.is_replicated and not any(map(is_replicated, (stateful_set, *pods.values()))):
            return instance, None
        replication = Replication(tuple(names), await self._reports.read(pods))
        scale = scale_of(instance.spec.replicas, stateful_set, list(pods.values()), replication, self._told(key))
        if scale.members == 1:
            self.forget(key)
            return instance, None
        instance = replace(instance, spec=replace(instance.spec, replicas=scale.members))
        return instance, self._formation(key, scale, replication, instance.annotations.get(PROMOTE), status)

    def _formation(
        self, key: NamespacedName, scale: Scale, replication: Replication, request: str | None, status: Mapping[str, Any]
    ) -> Formation:
        since = {
            "primary": self._seconds_without(key, "primary", there=replication.primary is not None),
            "quorum": self._seconds_without(key, "quorum", there=replication.has_quorum),
            "whole": self._seconds_without(key, "whole", there=replication.is_whole),
        }
        # A request that was there while there was a primary has been dealt with, and must not decide over a later loss.
        wanted = request in replication.names and request != status.get("promoted") and is_primary_lost(replication, since["primary"])
        return Formation(
            replication=replication.among(replication.names[:1]) if scale.alone else replication,
            pods=scale.pods,
            founder=scale.founder,
            promote=request if wanted else None,
            waits=scale.waits,
            alone=scale.alone,
            since=since,
        )

    def _seconds_without(self, key: NamespacedName, what: str, *, there: bool) -> float:
        if there:
            self._missing.pop((key, what), None)
            return 0.0
        now = self._clock()
        return now - self._missing.setdefault((key, what), now)

    def _told(self, key: NamespacedName) -> Members:
        """The members, as they have been told of each other so far."""
        config_map: Body = self._store.child(CONFIG_MAP, key.namespace, config_map_name(key.name)) or {}
        try:
            return members.load((config_map.get("data") or {}).get(MEMBERS_FILE, ""))
        except ValueError:
            return Members(())
