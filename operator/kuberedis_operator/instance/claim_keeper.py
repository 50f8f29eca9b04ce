"""Makes the claims of an instance, and sees to it that each is the instance's own before a StatefulSet can mount it.

A StatefulSet mounts any claim of the right name, and makes one where there is none. So a claim is created here first, which fails if the
name is taken; one that exists is looked at; and only then is there a StatefulSet.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from kuberedis_core.body import Body
from kuberedis_core.crd.names import CLAIM_MARK
from kuberedis_operator.errors import ApiRefused, Conflict, GoingAway
from kuberedis_operator.instance.applier import Applier
from kuberedis_operator.resources import claim
from kuberedis_operator.resources.kinds import CLAIM
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.status.pod_health import Problem
from kuberedis_operator.status.reconcile_result import Outcome, ReconcileResult
from kuberedis_operator.status.volume_health import is_leaving
from kuberedis_operator.topology.topology import Topology


@dataclass(slots=True)
class Claims:
    """The claims of an instance's members."""

    usable: list[Body] = field(default_factory=list)
    """The instance's own, as they are."""
    leaving: bool = False
    """One is being deleted."""
    missing: bool = False
    """One is somebody else's, or could not be made."""


class ClaimKeeper:
    """Keeps the claims of all instances.

    Args:
        api: client of the API server.
        store: live objects.
        applier: creates the claims.
    """

    def __init__(self, api: ApiClient, store: ObjectStore, applier: Applier) -> None:
        self._api = api
        self._store = store
        self._applier = applier

    async def ensure(self, topology: Topology, result: ReconcileResult, *, had: int) -> Claims:
        """Ensure that each member has a claim of the instance's own, with its labels and owners.

        Args:
            topology: topology of the instance.
            result: where to record what was done.
            had: how many members had claims before, those of the lowest ordinals.

        Raises:
            ApiUnavailable: there was no response.
        """
        claims = Claims()
        for member in topology.members:
            if member.claim_name is None:
                continue
            try:
                live = await self._ensure(topology, member.claim_name, result, had_one=member.ordinal < had)
            except (ApiRefused, GoingAway) as error:
                claims.missing = True
                if isinstance(error, ApiRefused):
                    result.refusals.append(Problem("ApplyFailed", f"{CLAIM.kind} {member.claim_name}: {error}"))
                else:
                    result.going_away = True
                continue
            if not claim.is_owned(live):
                claims.missing = True
                result.taken.append(f"{CLAIM.kind} {member.claim_name} (which has no label {CLAIM_MARK}={topology.name})")
            elif is_leaving(live):
                claims.leaving = True
            else:
                claims.usable.append(live)
        return claims

    async def may_be_released(self, namespace: str, name: str) -> bool:
        """Whether a pod that uses this claim can be replaced without the loss of its data, as the API server knows it now."""
        live = await self._api.get(CLAIM, namespace, name)
        if live is None:
            return True
        self._store.written(CLAIM, live)
        return claim.is_owned(live) and not is_leaving(live)

    async def relabel(self, namespace: str, name: str) -> None:
        """Give a claim, whose instance is gone, the labels of one that stays.

        Raises:
            ApiError: it was not written.
        """
        live = self._store.child(CLAIM, namespace, name)
        if live is not None and (patch := claim.relabelling(live)) is not None:
            with suppress(GoingAway):
                await self._merge(patch)

    async def _ensure(self, topology: Topology, name: str, result: ReconcileResult, *, had_one: bool) -> Body:
        """The claim of this name, whosever it is."""
        if (volume := topology.volume) is None:
            raise GoingAway
        live = self._store.child(CLAIM, topology.namespace, name)
        if live is None:
            if await self._applier.create(CLAIM, claim.build(topology.instance, volume, name)):
                result.outcomes[CLAIM, name] = Outcome.CREATED
                result.volume_lost = result.volume_lost or had_one
            # One that does not carry the operator's label is not watched.
            live = await self._api.get(CLAIM, topology.namespace, name)
        if live is None:
            raise GoingAway
        if not claim.is_owned(live) or is_leaving(live) or (patch := claim.correction(live, topology.instance, volume)) is None:
            return live
        result.volume_lost = result.volume_lost or (had_one and claim.is_new(live))
        return await self._merge(patch)

    async def _merge(self, patch: Body) -> Body:
        try:
            written = await self._api.merge(CLAIM, patch)
        except Conflict:
            # Another claim of that name by now.
            raise GoingAway from None
        if written is None:
            raise GoingAway
        self._store.written(CLAIM, written)
        return written
