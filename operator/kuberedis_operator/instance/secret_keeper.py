"""The Secret of an instance: created once, kept, rotated on request, and left alone if its owner created it."""

from __future__ import annotations

from datetime import datetime, timedelta

from kuberedis_core.body import Body
from kuberedis_core.crd.names import ROTATE_KEY
from kuberedis_operator.errors import GoingAway, NameTaken
from kuberedis_operator.instance.applier import Applier, check_ownership
from kuberedis_operator.instance.key_rotation import first_keys, next_keys
from kuberedis_operator.resources import secret
from kuberedis_operator.resources.kinds import SECRET
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.status.reconcile_result import Outcome, SecretState
from kuberedis_operator.topology.topology import Topology


class SecretKeeper:
    """Keeps the Secrets of all instances.

    Args:
        api: client of the API server.
        store: live objects.
        applier: writes the Secrets.
        grace: how long a previous key stays valid by default.
    """

    def __init__(self, api: ApiClient, store: ObjectStore, applier: Applier, grace: timedelta) -> None:
        self._api = api
        self._store = store
        self._applier = applier
        self._grace = grace

    async def ensure(self, topology: Topology, now: datetime, *, had_one: bool) -> SecretState:
        """Ensure that there is a Secret with a valid key.

        Args:
            topology: topology of the instance.
            now: current time.
            had_one: whether the instance had a Secret before.

        Raises:
            NameTaken: a Secret of that name has no `api_key`.
            GoingAway: a Secret of that name has to go first.
            InvalidAnnotation: a rotation is requested in a way that cannot be read.
            ApiError: as `Applier.apply`.
        """
        live = self._store.child(SECRET, topology.namespace, topology.secret)
        if live is None and not had_one and (created := await self._create(topology, now, lost=False)):
            return created
        # One that the owner created does not carry the operator's label, so it is not watched.
        live = live or await self._api.get(SECRET, topology.namespace, topology.secret)
        if live is None:
            if created := await self._create(topology, now, lost=had_one):
                return created
            raise GoingAway
        try:
            check_ownership(live, topology.instance.uid)
        except NameTaken:
            return _supplied(live, topology.instance.annotations.get(ROTATE_KEY, ""))
        except GoingAway:
            if not secret.is_restored(live):
                raise
        return await self._update(topology, live, now)

    async def _create(self, topology: Topology, now: datetime, *, lost: bool) -> SecretState | None:
        """A new Secret, or None if there is one."""
        keys = first_keys(topology.instance.annotations, now, replaces=lost)
        created = await self._applier.create(SECRET, secret.build(topology, keys))
        return SecretState(keys, Outcome.CREATED, lost=lost) if created else None

    async def _update(self, topology: Topology, live: Body, now: datetime) -> SecretState:
        annotations = topology.instance.annotations
        current = secret.read(live)
        keys = next_keys(current, annotations, now, self._grace) if current else first_keys(annotations, now, replaces=True)
        outcome = await self._applier.update(SECRET, secret.build(topology, keys), live, exactly=True)
        return SecretState(keys, outcome, lost=current is None)


def _supplied(live: Body, request: str) -> SecretState:
    keys = secret.read(live)
    if keys is None:
        raise NameTaken
    return SecretState(keys, Outcome.UNCHANGED, ignored_request=request)
