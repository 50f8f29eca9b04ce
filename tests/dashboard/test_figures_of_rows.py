"""The figures of the list's rows, from real sidecars, while another does not answer."""

import asyncio

import pytest

from kuberedis_core.crd.names import NamespacedName
from kuberedis_dashboard.errors import Unavailable
from kuberedis_dashboard.gateway.direct import DirectGateways
from kuberedis_dashboard.gateway.gateways import Answer, Call
from kuberedis_dashboard.gateway.row_figures import RowFigures
from kuberedis_dashboard.views.instance_row import InstanceRow, instance_row
from kuberedis_dashboard.views.row_figures import Figure
from tests.harness.sidecar import Sidecar
from tests.pure.dashboard.test_instance_list import NOW

LIMIT_SECONDS = 30


class Gateways:
    """A way to one sidecar, and to others that refuse or say nothing."""

    def __init__(self, sidecar: Sidecar) -> None:
        self._name = sidecar.instance
        self._direct = DirectGateways(sidecar.origin)

    async def fetch(self, instance: NamespacedName, call: Call, member: int | None = None) -> Answer:
        """See `kuberedis_dashboard.gateway.gateways.Gateways`."""
        if instance.name == self._name:
            return await self._direct.fetch(instance, call, member)
        if instance.name == "refuses":
            raise Unavailable("no")
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        """Close all connections."""
        await self._direct.close()


def row(name: str) -> InstanceRow:
    return instance_row({"metadata": {"namespace": "ns", "name": name}, "spec": {}, "status": {}}, NOW)


@pytest.mark.parametrize(("most", "expected"), [(None, 1), (1, 0)])
def test_sidecars_that_answer_do_not_wait_for_those_that_do_not(sidecar: Sidecar, most: int | None, expected: int) -> None:
    async def first_part() -> dict[str, dict[str, Figure]]:
        gateways = Gateways(sidecar)
        figures = RowFigures(gateways, most)
        rows = [row("refuses"), row("silent"), row(sidecar.instance)]
        figures.know(rows)
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                async for part in figures.read([each.id for each in rows]):
                    return part
        finally:
            await gateways.close()
        return {}

    found = asyncio.run(first_part())
    assert len(found) == expected
    for key, figures in found.items():
        assert key == f"i_ns_{sidecar.instance}"
        assert set(figures) == {"memory", "commands", "keys"}
