"""Instances of three members: what controllers and kubelets do for them, and the members themselves, as far as the operator sees them.

Each pod has a loopback address of its own, where a server of this process plays its sidecar.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Literal

import aiohttp.web

from kuberedis_core.body import Body
from kuberedis_core.member_report import REPORT_PATH, CertificatesReport, MemberReport, dump
from kuberedis_operator.instance.scaling import is_replicated
from kuberedis_operator.resources.kinds import INGRESS, POD, STATEFUL_SET
from tests.operator.handlers.instances import NAMESPACE
from tests.operator.handlers.objects import ObjectKey, Objects
from tests.operator.members import NAMES, ZERO, report

STATEFUL_SET_KEY = ObjectKey(STATEFUL_SET, NAMESPACE, "my-cache")
_ADDRESSES = {name: f"127.0.0.{number}" for number, name in enumerate(NAMES, start=11)}
_READY = {"conditions": [{"type": "Ready", "status": "True"}]}
_NOT_READY = {"conditions": [{"type": "Ready", "status": "False"}]}


class Members:
    """Three members of the instance `my-cache`, and what makes their pods.

    Args:
        objects: objects of the cluster.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self.port = 0
        self.primary = ZERO
        self.ended: list[str] = []
        """The pods that were deleted, in that order."""
        self.broken = False
        """Whether new pods cannot start."""
        self.slow = False
        """Whether new replicas do not get all data."""
        self.silent: set[str] = set()
        """Members that do not answer."""
        self.certificates: dict[str, CertificatesReport] = {}
        """What they say of their certificates."""
        self.lag = 0
        self._syncing: set[str] = set()
        self.last_change: Literal["", "failover", "switchover"] = ""
        """How the primary became it."""
        self._known: dict[str, Body] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Members"]:
        """Serve the reports, and do what controllers do."""
        application = aiohttp.web.Application()
        application.router.add_get(REPORT_PATH, self._serve)
        runner = aiohttp.web.AppRunner(application)
        await runner.setup()
        for address in _ADDRESSES.values():
            site = aiohttp.web.TCPSite(runner, address, self.port)
            await site.start()
            self.port = self.port or runner.addresses[0][1]
        controllers = asyncio.create_task(self._control())
        try:
            yield self
        finally:
            controllers.cancel()
            await runner.cleanup()

    def pod(self, name: str) -> Body | None:
        """The pod of a member."""
        return self._objects.get(ObjectKey(POD, NAMESPACE, name))

    def in_order(self) -> bool:
        """Whether all three are there, ready, and in sync."""
        pods = [self.pod(name) for name in NAMES]
        return not self._syncing and all(pod is not None and pod["status"]["conditions"][0]["status"] == "True" for pod in pods)

    async def _serve(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        assert request.transport is not None
        address = request.transport.get_extra_info("sockname")[0]
        name = next(name for name, each in _ADDRESSES.items() if each == address)
        if name in self.silent or not is_replicated(self.pod(name)):
            return aiohttp.web.Response(status=404)
        return aiohttp.web.Response(body=dump(self._report(name)), content_type="application/json")

    def _report(self, name: str) -> MemberReport:
        self.lag += 1000
        alone = self.pod(ZERO) is not None and not is_replicated(self.pod(ZERO))
        primary = None if alone else self.primary
        said = report(name, primary=primary, role="primary" if name == primary else "replica", lag_bytes=self.lag % 10_000)
        if name in self._syncing or alone:
            said = replace(said, in_sync=False, eligible=False, linked=not alone)
        return replace(said, last_change=self.last_change, certificates=self.certificates.get(name))

    async def _control(self) -> None:
        while True:
            changed = asyncio.ensure_future(self._objects.changed())
            self._step()
            await changed

    def _step(self) -> None:
        for key in self._objects:
            if key.kind == INGRESS and "status" not in self._objects[key]:
                self._objects.edit(key, {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}})
        stateful_set = self._objects.get(STATEFUL_SET_KEY)
        if stateful_set is None:
            return
        generation = stateful_set["metadata"]["generation"]
        if stateful_set.get("status", {}).get("observedGeneration") != generation:
            self._objects.edit(STATEFUL_SET_KEY, {"status": {"observedGeneration": generation}})
        for ordinal, name in enumerate(NAMES):
            self._keep(name, stateful_set, wanted=ordinal < stateful_set["spec"]["replicas"])

    def _keep(self, name: str, stateful_set: Body, *, wanted: bool) -> None:
        """Make or delete a pod, and notice that it was deleted."""
        pod, known = self.pod(name), self._known.get(name)
        if known is not None and (pod is None or pod["metadata"]["uid"] != known["metadata"]["uid"]):
            self.ended.append(name)
            del self._known[name]
            self._hand_over(name)
        if wanted and pod is None:
            self._known[name] = self._make(name, stateful_set)
        elif not wanted and pod is not None:
            self._objects.delete(ObjectKey(POD, NAMESPACE, name))
            self._keep(name, stateful_set, wanted=False)
        elif pod is not None:
            self._known[name] = pod

    def _hand_over(self, name: str) -> None:
        others = [other for other in NAMES if other in self._known and other not in self._syncing]
        if name == self.primary and others and is_replicated(self.pod(others[0])):
            self.primary, self.last_change = others[0], "switchover"

    def _make(self, name: str, stateful_set: Body) -> Body:
        template = stateful_set["spec"]["template"]
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**template["metadata"], "namespace": NAMESPACE, "name": name},
            "spec": {**template["spec"], "nodeName": "node-1"},
            "status": {"phase": "Running", "podIP": _ADDRESSES[name], **_NOT_READY, "containerStatuses": self._statuses(template)},
        }
        if name != self.primary:
            self._syncing.add(name)
        if not self.broken:
            asyncio.get_running_loop().call_later(0.1, self._sync, name)
        return self._objects.create(POD, pod)

    def _statuses(self, template: Body) -> Sequence[Body]:
        state = {"waiting": {"reason": "CreateContainerConfigError", "message": "no such Secret"}} if self.broken else {"running": {}}
        return [{"name": each["name"], "state": state, "restartCount": 0} for each in template["spec"]["containers"]]

    def _sync(self, name: str) -> None:
        """A member has all data, and its pod is ready; members that wait for the first are not."""
        first = self.pod(ZERO)
        if name != ZERO and (self.slow or (first is not None and not is_replicated(first))):
            asyncio.get_running_loop().call_later(0.1, self._sync, name)
        elif self.pod(name) is not None:
            self._syncing.discard(name)
            self._objects.edit(ObjectKey(POD, NAMESPACE, name), {"status": _READY})
