"""The reports of members are read whatever answers, and decide over a lost primary only when the owner says so then."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from typing import cast

import aiohttp.web
import pytest

from kuberedis_core.body import Body
from kuberedis_core.crd.names import PROMOTE
from kuberedis_core.member_report import REPORT_PATH, MemberReport, dump
from kuberedis_operator.instance.formation_observer import FormationObserver
from kuberedis_operator.instance.member_reports import MemberReports
from kuberedis_operator.resources.kinds import CHILDREN, INSTANCE
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.metrics import OperatorMetrics
from kuberedis_operator.runtime.object_store import ObjectStore
from tests.operator.members import NAMES, TWO, ZERO, replication, report, silent
from tests.operator.rendering import instance

pytestmark = pytest.mark.anyio

Answer = Callable[[aiohttp.web.Request], Awaitable[aiohttp.web.StreamResponse]]


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
async def asked(anyio_backend: str) -> AsyncIterator[Callable[[Answer], Awaitable[dict[str, MemberReport]]]]:  # noqa: ARG001  (a fixture, used by its name)
    """What is read of a member that answers like this."""
    runners = []

    async def ask(answer: Answer) -> dict[str, MemberReport]:
        application = aiohttp.web.Application()
        application.router.add_get(REPORT_PATH, answer)
        runner = aiohttp.web.AppRunner(application, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
        reports = MemberReports(OperatorMetrics(), runner.addresses[0][1])
        try:
            return await reports.read({ZERO: {"status": {"phase": "Running", "podIP": "127.0.0.1"}}})
        finally:
            await reports.close()

    yield ask
    for runner in runners:
        await runner.cleanup()


async def _in_order(_: aiohttp.web.Request) -> aiohttp.web.Response:
    return aiohttp.web.Response(body=dump(report(ZERO)))


async def _other_member(_: aiohttp.web.Request) -> aiohttp.web.Response:
    return aiohttp.web.Response(body=dump(report(TWO)))


async def _elsewhere(_: aiohttp.web.Request) -> aiohttp.web.Response:
    return aiohttp.web.Response(status=302, headers={"Location": "http://169.254.169.254/"}, body=dump(report(ZERO)))


async def _nonsense(_: aiohttp.web.Request) -> aiohttp.web.Response:
    return aiohttp.web.Response(body=b"<html>")


async def _endless(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
    response = aiohttp.web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" " * 65536)


async def _silent(_: aiohttp.web.Request) -> aiohttp.web.Response:
    await asyncio.Event().wait()
    return aiohttp.web.Response()


async def test_a_report_is_read(asked: Callable[[Answer], Awaitable[dict[str, MemberReport]]]) -> None:
    assert await asked(_in_order) == {ZERO: report(ZERO)}


@pytest.mark.parametrize("answer", [_other_member, _elsewhere, _nonsense, _endless, _silent])
async def test_anything_else_is_no_report(asked: Callable[[Answer], Awaitable[dict[str, MemberReport]]], answer: Answer) -> None:
    assert await asyncio.wait_for(asked(answer), 5) == {}


async def test_a_pod_that_does_not_run_is_not_asked() -> None:
    reports = MemberReports(OperatorMetrics(), 1)
    pods: dict[str, Body | None] = {ZERO: None, TWO: {"status": {"phase": "Pending", "podIP": "127.0.0.1"}}}
    assert await reports.read(pods) == {}
    await reports.close()


class Reports(MemberReports):
    """Members of a test's choice."""

    def __init__(self) -> None:
        super().__init__(OperatorMetrics())
        self.known = replication()

    async def read(self, pods: Mapping[str, Body | None]) -> dict[str, MemberReport]:
        """The reports that the test chose."""
        assert list(pods) == list(NAMES)
        return dict(self.known.reports)


class Instance:
    """An instance of three members, observed by a clock of a test's choice."""

    def __init__(self) -> None:
        self.now = 0.0
        self.reports = Reports()
        self.status: dict[str, str] = {}
        # Nothing is read of a store that knows of no child.
        store = ObjectStore(cast("ApiClient", None), INSTANCE, CHILDREN, [], OperatorMetrics())
        self._observer = FormationObserver(store, self.reports, lambda: self.now)

    async def promoted(self, request: str, after: float) -> str | None:
        """Which member is to be promoted, `after` seconds later, with this annotation."""
        self.now += after
        applied = replace(instance(replicas=3), annotations={PROMOTE: request} if request else {})
        _, formation = await self._observer.observe(applied, self.status)
        assert formation is not None
        return formation.promote


def lost_primary() -> dict[str, MemberReport]:
    down = replication(*(report(name, role="replica", in_sync=False, linked=False, eligible=False) for name in NAMES))
    return dict(silent(down, ZERO).reports)


async def test_a_member_is_promoted_when_the_owner_says_so_after_the_primary_was_lost() -> None:
    observed = Instance()
    assert await observed.promoted(TWO, 60) is None
    observed.reports.known = replace(observed.reports.known, reports=lost_primary())
    assert await observed.promoted(TWO, 1) is None
    assert await observed.promoted(TWO, 29) is None
    assert await observed.promoted("", 1) is None
    assert await observed.promoted("somebody", 1) is None
    assert await observed.promoted(TWO, 1) == TWO
    observed.reports.known = replication(primary=TWO)
    assert await observed.promoted(TWO, 1) is None


async def test_a_promotion_that_has_been_dealt_with_decides_over_no_later_loss() -> None:
    observed = Instance()
    observed.status = {"promoted": TWO}
    observed.reports.known = replace(observed.reports.known, reports=lost_primary())
    await observed.promoted(TWO, 0)
    assert await observed.promoted(TWO, 60) is None


async def test_an_instance_of_one_member_is_not_asked_about_members() -> None:
    observer = FormationObserver(
        ObjectStore(cast("ApiClient", None), INSTANCE, CHILDREN, [], OperatorMetrics()), cast("MemberReports", None)
    )
    assert await observer.observe(instance(), {}) == (instance(), None)
