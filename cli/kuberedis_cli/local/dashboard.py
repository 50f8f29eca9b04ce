"""The dashboard of local mode: on a port of its own, which only this machine reaches.

Not on the gateway's: that may be open to other machines, and what Redis holds is served there, so that to a browser a value and the
dashboard would be of one origin.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kuberedis_cli.local.dashboard_source import LocalSource
from kuberedis_dashboard.app import Setup, make_app
from kuberedis_dashboard.gateway.direct import DirectGateways
from kuberedis_dashboard.kube.credential import Credential, CredentialSource, always
from kuberedis_dashboard.serving import DashboardServer, listening_socket
from kuberedis_dashboard.session.entry_link import EntryLink
from kuberedis_dashboard.session.sessions import LONGEST_SECONDS, Sessions

_HOST = "127.0.0.1"
_PREFIX = "/ui"


@asynccontextmanager
async def serving(source: LocalSource, gateway: str) -> AsyncIterator[str]:
    """Serve the dashboard inside the block.

    Args:
        source: what it shows.
        gateway: where the gateway listens, such as `http://127.0.0.1:8080`.

    Yields:
        The link that enters it, once.
    """

    def the_source(_: CredentialSource) -> LocalSource:
        return source

    listening = listening_socket(_HOST, 0)
    origin, entry = f"http://{_HOST}:{listening.getsockname()[1]}", EntryLink()
    gateways = DirectGateways(gateway)
    setup = Setup(
        origins=(origin,),
        prefix=_PREFIX,
        own_credential=always(Credential()),
        entry=entry,
        is_local=True,
        # There is no second link, so that being idle ends nothing.
        sessions=Sessions(idle_seconds=LONGEST_SECONDS),
    )
    server = DashboardServer(make_app(the_source, gateways, setup), listening)
    await server.start()
    try:
        yield f"{origin}{_PREFIX}/enter?code={entry.code}"
    finally:
        await server.close()
        await gateways.close()
