"""An instance's Secret: made once, kept, rotated when asked, and left alone if its owner made it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kuberedis_core.crd.names import ROTATE_KEY, secret_name
from kuberedis_core.crd.spec import Instance
from kuberedis_operator.instance import key_rotation
from kuberedis_operator.instance.applier import Children, GoingAway, NameTaken, Outcome, check_ownership
from kuberedis_operator.instance.key_rotation import Credentials
from kuberedis_operator.resources import secret
from kuberedis_operator.resources.kinds import SECRET
from kuberedis_operator.runtime.api_client import Api, Body
from kuberedis_operator.runtime.object_store import Cluster


@dataclass(frozen=True)
class SecretState:
    """What became of a Secret."""

    credentials: Credentials
    outcome: Outcome
    ignored_request: str = ""
    """A rotation that was asked for, of a key that its owner brought and has to rotate."""
    lost: bool = False
    """There had been another key, which is gone."""


class SecretKeeper:
    """Keeps the Secrets of all instances.

    Args:
        api: Where they are.
        cluster: What of them is known.
        children: What writes them.
        grace: How long a previous key stays valid by default.
    """

    def __init__(self, api: Api, cluster: Cluster, children: Children, grace: timedelta) -> None:
        self._api = api
        self._cluster = cluster
        self._children = children
        self._grace = grace

    async def ensure(self, instance: Instance, now: datetime, *, had_one: bool) -> SecretState:
        """Have a Secret with a valid key.

        Args:
            instance: Whose.
            now: The time.
            had_one: Whether the instance had a Secret before.

        Raises:
            NameTaken: A Secret of that name has no `api_key`.
            GoingAway: A Secret of that name has to go first.
            GraceError: A rotation is asked for in a way that cannot be read.
            ApiError, ApiUnavailable: As `Children.ensure`.
        """
        name = secret_name(instance.name)
        live = self._cluster.child(SECRET, instance.namespace, name)
        if live is None and not had_one and (created := await self._create(instance, now, lost=False)):
            return created
        # One that the owner made is not watched, so it is asked for.
        live = live or await self._api.get(SECRET, instance.namespace, name)
        if live is None:
            if created := await self._create(instance, now, lost=had_one):
                return created
            raise GoingAway
        try:
            check_ownership(live, instance.uid)
        except NameTaken:
            return _brought(live, instance.annotations.get(ROTATE_KEY, ""))
        return await self._advance(instance, live, now)

    async def _create(self, instance: Instance, now: datetime, *, lost: bool) -> SecretState | None:
        """A new Secret, or None if there is one."""
        wanted = key_rotation.first(instance.annotations, now, replaces=lost)
        created = await self._children.create(SECRET, _rendered(instance, wanted))
        return SecretState(wanted, Outcome.CREATED, lost=lost) if created else None

    async def _advance(self, instance: Instance, live: Body, now: datetime) -> SecretState:
        current = key_rotation.read(live)
        if current is None:
            wanted = key_rotation.first(instance.annotations, now, replaces=True)
        else:
            wanted = key_rotation.advance(current, instance.annotations, now, self._grace)
        outcome = await self._children.update(SECRET, _rendered(instance, wanted), live, exactly=True)
        return SecretState(wanted, outcome, lost=current is None)


def _brought(live: Body, request: str) -> SecretState:
    credentials = key_rotation.read(live)
    if credentials is None:
        raise NameTaken
    return SecretState(credentials, Outcome.UNCHANGED, ignored_request=request)


def _rendered(instance: Instance, credentials: Credentials) -> Body:
    body = secret.body(instance, credentials.key, credentials.previous, credentials.previous_expires_at)
    metadata = body["metadata"]
    return {**body, "metadata": {**metadata, "annotations": {**metadata.get("annotations", {}), **credentials.annotations()}}}
