"""Lets the volumes of an instance grow, and replaces a StatefulSet that cannot be updated, while its pods keep running."""

from __future__ import annotations

from kuberedis_core.body import Body
from kuberedis_operator.errors import ApiRefused, GoingAway, NameTaken
from kuberedis_operator.instance.applier import check_ownership
from kuberedis_operator.resources.kinds import CLAIM, STATEFUL_SET, STORAGE_CLASS
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.status import volume_health
from kuberedis_operator.status.reconcile_result import VolumeState
from kuberedis_operator.status.volume_health import VolumeProgress


class VolumeKeeper:
    """Keeps the volumes of all instances.

    Args:
        api: client of the API server.
        store: live objects.
    """

    def __init__(self, api: ApiClient, store: ObjectStore) -> None:
        self._api = api
        self._store = store

    async def ensure(self, rendered: Body, live: Body | None, claims: list[Body], uid: str) -> tuple[Body, VolumeState]:
        """Ensure that the volumes request what the spec wants.

        Args:
            rendered: the StatefulSet as it shall be.
            live: the StatefulSet as it is.
            claims: live claims of the members.
            uid: uid of the instance.

        Returns:
            The StatefulSet to apply, which keeps its claim templates if a volume cannot grow, and the state of the volumes.

        Raises:
            ApiUnavailable: there was no response.
        """
        wanted = volume_health.wanted_size(rendered)
        progress, obstacle = VolumeProgress.NONE, ""
        for claim in claims:
            each = volume_health.progress_of(wanted, claim)
            if wanted is not None and each is VolumeProgress.TOO_SMALL:
                refusal = await self._grow(claim, wanted)
                each = VolumeProgress.TOO_SMALL if refusal else VolumeProgress.GROWING
                obstacle = obstacle or refusal
            progress = max(progress, each)
        if live is not None and (obstacle or progress is VolumeProgress.UNBOUND):
            rendered = volume_health.with_claims_of(rendered, live)
        replacing = live is not None and volume_health.needs_replacement(rendered, live) and await self._delete_for_replacement(live, uid)
        return rendered, VolumeState(progress, wanted or "", obstacle, replacing)

    async def _grow(self, claim: Body, wanted: str) -> str:
        """Why the claim cannot grow; empty if it does."""
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
        except ApiRefused as error:
            return f"the volume does not grow: {error}"
        if written is not None:
            self._store.written(CLAIM, written)
        return ""

    async def _delete_for_replacement(self, live: Body, uid: str) -> bool:
        """Delete the StatefulSet without its pods; whether it is on its way."""
        try:
            check_ownership(live, uid)
        except NameTaken:
            return False
        except GoingAway:
            return True
        metadata = live["metadata"]
        await self._api.delete(STATEFUL_SET, metadata["namespace"], metadata["name"], metadata["uid"], orphan=True)
        return True
