"""The operator in this process, against an API server of this process."""

import asyncio
from types import TracebackType

import kmock
from kubernetes.aio.client import Configuration

from kuberedis_core.crd.ports import SIDECAR_PORT
from kuberedis_operator.instance.member_reports import MemberReports
from kuberedis_operator.resources.kinds import INSTANCE
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.metrics import OperatorMetrics
from kuberedis_operator.serving import instance_controller, work
from kuberedis_operator.settings import OperatorSettings
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.objects import ObjectKey
from tests.operator.rendering import SETTINGS


class Operator:
    """All of the operator except its health endpoints.

    It runs inside `async with`, whose body starts when everything is watched.

    Args:
        api_server: the API server.
        settings: its settings.
        members_port: where members report themselves.
    """

    def __init__(self, api_server: ApiServer, settings: OperatorSettings = SETTINGS, members_port: int = SIDECAR_PORT) -> None:
        self._api_server = api_server
        self._settings = settings
        self._configuration = Configuration(host=str(api_server.url).rstrip("/"), client_session_kwargs={"trust_env": False})
        self._metrics = OperatorMetrics()
        self._reports = MemberReports(self._metrics, members_port)
        self._stop = asyncio.Event()

    async def __aenter__(self) -> "Operator":
        self._api = ApiClient(self._configuration, self._settings.api_concurrency, self._metrics)
        watches = self._api_server[kmock.action.WATCH, kmock.resource(f"{INSTANCE.api_version}/{INSTANCE.plural}")]
        before = len(watches)
        controller = instance_controller(self._api, self._settings, self._metrics, self._reports)
        self._work = asyncio.create_task(work(self._settings, [controller], self._configuration, self._stop))
        await until(lambda: len(watches) > before, what="the watch of instances")
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        await self._work
        await self._reports.close()
        await self._api.close()
        assert not self.reconciles("fault")

    def reconciles(self, result: str | None = None) -> int:
        """Number of reconciles that have ended; with `result`, of those with that result."""
        samples = (sample for metric in self._metrics.reconciles.collect() for sample in metric.samples)
        ended = (sample for sample in samples if sample.name.endswith("_total") and result in (None, sample.labels["result"]))
        return round(sum(sample.value for sample in ended))

    async def reconcile_again(self, instance: ObjectKey) -> None:
        """Have an instance reconciled once more, and wait until that has ended."""
        # When it is touched first, another reconcile may be in progress.
        for _ in range(2):
            reconciles, objects = self.reconciles(), self._api_server.objects
            objects.edit(instance, {"metadata": {"annotations": {"touched-at": str(objects.version)}}})
            await self.wait_for_reconcile(reconciles)

    async def wait_for_reconcile(self, reconciles: int) -> None:
        """Wait for the end of one more reconcile than `reconciles`."""
        await until(lambda: self.reconciles() > reconciles, what=f"a reconcile after {reconciles}")
