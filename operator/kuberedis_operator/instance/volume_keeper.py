"""Lets the volume of an instance grow, and puts a new StatefulSet in the place of one that cannot be updated, while its pod runs on."""

from __future__ import annotations

from dataclasses import dataclass

from kuberedis_core.crd.names import claim_name
from kuberedis_operator.instance.applier import GoingAway, NameTaken, check_ownership
from kuberedis_operator.resources.kinds import CLAIM, STATEFUL_SET, STORAGE_CLASS
from kuberedis_operator.runtime.api_client import Api, ApiError, Body
from kuberedis_operator.runtime.object_store import Cluster
from kuberedis_operator.status import volume_health
from kuberedis_operator.status.volume_health import Volume


@dataclass(frozen=True)
class VolumeState:
    """What became of a volume."""

    volume: Volume = Volume.NONE
    wanted: str = ""
    """Its size as it shall be, a quantity."""
    obstacle: str = ""
    """Why it does not grow."""
    replacing: bool = False
    """The StatefulSet was deleted without its pod; a new one follows when it is gone."""


class VolumeKeeper:
    """Keeps the volumes of all instances.

    Args:
        api: Where they are.
        cluster: What of them is known.
    """

    def __init__(self, api: Api, cluster: Cluster) -> None:
        self._api = api
        self._cluster = cluster

    async def ensure(self, rendered: Body, live: Body | None, uid: str) -> tuple[Body, VolumeState]:
        """Have the volume ask for what the spec wants.

        Args:
            rendered: The StatefulSet as it shall be.
            live: The StatefulSet as it is.
            uid: Of the instance.

        Returns:
            The StatefulSet to apply, which keeps its claim templates if the volume cannot grow, and what became of the volume.

        Raises:
            ApiUnavailable: No answer.
        """
        metadata = rendered["metadata"]
        wanted = volume_health.wanted_size(rendered)
        claim = self._cluster.child(CLAIM, metadata["namespace"], claim_name(metadata["name"]))
        volume, obstacle = volume_health.judge(wanted, claim), ""
        if wanted is not None and claim is not None and volume is Volume.TOO_SMALL:
            obstacle = await self._grow(claim, wanted)
            volume = Volume.TOO_SMALL if obstacle else Volume.GROWING
        if live is not None and (obstacle or volume is Volume.UNBOUND):
            rendered = volume_health.with_claims_of(rendered, live)
        replacing = live is not None and volume_health.needs_replacement(rendered, live) and await self._make_room(live, uid)
        return rendered, VolumeState(volume, wanted or "", obstacle, replacing)

    async def _grow(self, claim: Body, wanted: str) -> str:
        """Why the claim cannot grow, or nothing if it does."""
        name = claim["spec"].get("storageClassName", "")
        storage_class = await self._api.get(STORAGE_CLASS, None, name) if name else None
        if storage_class is None or not storage_class.get("allowVolumeExpansion"):
            has = claim["spec"]["resources"]["requests"]["storage"]
            return (
                f"the volume stays at {has}: StorageClass {name!r} does not allow expansion; set its allowVolumeExpansion to true if its"
                " driver can expand volumes, or move the data to a new instance"
            )
        try:
            written = await self._api.merge(CLAIM, volume_health.growth(claim, wanted))
        except ApiError as error:
            return f"the volume does not grow: {error}"
        if written is not None:
            self._cluster.written(CLAIM, written)
        return ""

    async def _make_room(self, live: Body, uid: str) -> bool:
        try:
            check_ownership(live, uid)
        except NameTaken:
            return False
        except GoingAway:
            return True
        metadata = live["metadata"]
        await self._api.delete(STATEFUL_SET, metadata["namespace"], metadata["name"], metadata["uid"], orphan=True)
        return True
