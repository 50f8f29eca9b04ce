"""The passwords of an instance's servers: each made once, kept, and rotated together with the key.

Nobody outside the pods holds them, so they rotate on the same request as the key and with a fixed overlap: Redis accepts both passwords
until every sidecar has the new one. Sidecars tell Redis which ones are valid, from the same files that they log in with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from kuberedis_core.body import Body
from kuberedis_core.crd.names import ROTATE_KEY
from kuberedis_core.credentials import new_password
from kuberedis_operator.errors import GoingAway
from kuberedis_operator.instance.applier import Applier, check_ownership
from kuberedis_operator.resources import password_secret
from kuberedis_operator.resources.kinds import SECRET
from kuberedis_operator.resources.password_secret import RedisPassword
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.status.reconcile_result import Outcome
from kuberedis_operator.topology.topology import Topology

OVERLAP = timedelta(minutes=10)
"""How long both passwords are valid: several times as long as a kubelet takes to refresh mounted files."""


def next_password(current: RedisPassword | None, annotations: Mapping[str, str], now: datetime) -> RedisPassword:
    """The password that follows `current`: rotated if that is requested, without a previous one that has expired. Pure.

    Args:
        current: present password; None if there is none.
        annotations: annotations of the instance.
        now: current time.
    """
    request = annotations.get(ROTATE_KEY, "")
    if current is None:
        return RedisPassword(new_password(), request=request)
    if request and request != current.request:
        return RedisPassword(new_password(), previous=current.password, previous_expires_at=now + OVERLAP, request=request)
    if current.previous is not None and (current.previous_expires_at is None or current.previous_expires_at <= now):
        return replace(current, previous=None, previous_expires_at=None)
    return current


class PasswordKeeper:
    """Keeps the passwords of all instances.

    Args:
        api: client of the API server.
        store: live objects.
        applier: writes the Secrets.
    """

    def __init__(self, api: ApiClient, store: ObjectStore, applier: Applier) -> None:
        self._api = api
        self._store = store
        self._applier = applier

    async def ensure(
        self, topology: Topology, name: str, build: Callable[[Topology, RedisPassword], Body], now: datetime
    ) -> tuple[RedisPassword, Outcome]:
        """Ensure that there is a Secret with a password.

        Args:
            topology: topology of the instance.
            name: name of the Secret.
            build: builder of that Secret.
            now: current time.

        Raises:
            NameTaken: a Secret of that name belongs to another owner.
            GoingAway: a Secret of that name has to go first.
            ApiError: as `Applier.apply`.
        """
        annotations = topology.instance.annotations
        live = self._store.child(SECRET, topology.namespace, name)
        if live is None:
            password = next_password(None, annotations, now)
            if await self._applier.create(SECRET, build(topology, password)):
                return password, Outcome.CREATED
            live = await self._api.get(SECRET, topology.namespace, name)
        if live is None:
            raise GoingAway
        check_ownership(live, topology.instance.uid)
        password = next_password(password_secret.read(live), annotations, now)
        return password, await self._applier.update(SECRET, build(topology, password), live, exactly=True)
