"""What local mode runs, as the dashboard reads it."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from kuberedis_cli.errors import DataFolderError
from kuberedis_cli.local.data_folder import instance_folder
from kuberedis_cli.local.instance_object import NAMESPACE, instance_object
from kuberedis_cli.local.manifest_sources import BUILT_IN
from kuberedis_cli.local.supervised_instance import SupervisedInstance
from kuberedis_core.body import Body
from kuberedis_core.instance_secret import Signing
from kuberedis_dashboard.errors import NotFound, Unavailable
from kuberedis_dashboard.kube.client import User
from kuberedis_dashboard.live.following import Listed
from kuberedis_dashboard.views.amounts import NOT_KNOWN
from kuberedis_dashboard.views.instance_page import Command, Fact, Found, InstancePage, instance_page
from kuberedis_dashboard.views.member import member_count

POLL_SECONDS = 1.0
_USER = User("local", ())


class LocalSource:
    """`Source` of local mode. Its only user is the one who started it; they change manifests in their editor, and see everything else.

    Args:
        running: the instances by name, as they are at each moment.
        manifests: the file of each.
        data_folder: where their keys and logs are.
    """

    def __init__(self, running: Mapping[str, SupervisedInstance], manifests: Mapping[str, Path], data_folder: Path) -> None:
        self._running = running
        self._manifests = manifests
        self._data_folder = data_folder

    async def whoami(self) -> User:
        """See `Source.whoami`."""
        return _USER

    async def may(self, verb: str, resource: str, namespace: str | None, name: str = "") -> bool:  # noqa: ARG002
        """See `Source.may`."""
        return verb == "get"

    async def list_all(self, namespace: str | None) -> Listed:
        """See `Source.list_all`."""
        shown = sorted(self._running.items()) if namespace in (None, NAMESPACE) else []
        return Listed(await asyncio.gather(*(_object(instance) for _, instance in shown)), "", is_cut=False)

    async def follow(self, namespace: str | None) -> AsyncIterator[Listed]:
        """See `Source.follow`."""
        before = None
        while True:
            listed = await self.list_all(namespace)
            if listed != before:
                yield listed
            before = listed
            await asyncio.sleep(POLL_SECONDS)

    async def get_instance(self, namespace: str, name: str) -> Body:
        """See `Source.get_instance`."""
        instance = self._running.get(name)
        if instance is None or namespace != NAMESPACE:
            raise NotFound("no such instance runs here", "Go back to the list of instances.")
        return await _object(instance)

    async def follow_one(self, namespace: str, name: str) -> AsyncIterator[Body]:
        """See `Source.follow_one`."""
        before = None
        while True:
            instance = await self.get_instance(namespace, name)
            if instance != before:
                yield instance
            before = instance
            await asyncio.sleep(POLL_SECONDS)

    async def read_page(self, instance: Body) -> InstancePage:
        """See `Source.read_page`."""
        name, count = instance["metadata"]["name"], member_count(instance)
        page = instance_page(instance, Found(), Found(), Found(), datetime.now(UTC))
        facts = [fact for fact in page.facts if fact.value != NOT_KNOWN]
        facts.append(_manifest(self._manifests.get(name, BUILT_IN)))
        logs = [
            Command(what=f"Log of the Redis of {member.name}" if count > 1 else "Log of Redis", line=self._log(name, member.ordinal))
            for member in page.members
        ]
        return replace(page, conditions=(), facts=tuple(facts), logs=tuple(logs))

    async def read_signing(self, namespace: str, name: str) -> Signing:
        """See `Source.read_signing`."""
        await self.get_instance(namespace, name)
        folder = instance_folder(self._data_folder, name)
        try:
            return Signing((folder.read_key(),), folder.read_max_token_seconds(), folder.read_revoked())
        except (DataFolderError, OSError) as error:
            raise Unavailable(f"the key of {name} cannot be read: {error}", "Look at the data folder of `kuberedis local`.") from None

    def _log(self, name: str, ordinal: int) -> str:
        file = instance_folder(self._data_folder, name).member(ordinal).log
        return f"tail -n 200 -f {shlex.quote(str(file))}"


def _manifest(file: Path) -> Fact:
    if file == BUILT_IN:
        return Fact(name="Manifest", value="none; to have one, name a file on the command line")
    return Fact(name="Manifest", value=str(file), copied_as="the path of the manifest")


async def _object(instance: SupervisedInstance) -> Body:
    status = await instance.status()
    return instance_object(instance.spec, status, instance.problems, instance.max_token_seconds, instance.cors_origins)
