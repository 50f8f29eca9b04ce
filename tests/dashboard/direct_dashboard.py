"""A dashboard whose instances are all behind one sidecar: `python -m tests.dashboard.direct_dashboard`.

In a cluster the dashboard finds sidecars by the names of Services, which a control plane without nodes does not have. The environment is
that of the dashboard; `SIDECAR` says where the sidecar listens.
"""

import asyncio
import os

import uvloop

from kuberedis_core import logging
from kuberedis_dashboard.app import Setup, make_app
from kuberedis_dashboard.gateway.direct import DirectGateways
from kuberedis_dashboard.kube.cluster import Cluster, checked_against
from kuberedis_dashboard.serving import DashboardServer, listening_socket
from kuberedis_dashboard.settings import DashboardSettings
from kuberedis_dashboard.sources.cluster import of_cluster


async def serve() -> None:
    """Serve until the process is terminated."""
    settings = DashboardSettings.from_environ(os.environ)
    cluster = Cluster(checked_against(settings.kubernetes_url, settings.kubernetes_ca))
    setup = Setup(origins=(settings.origin,), prometheus_url=settings.prometheus_url)
    app = make_app(of_cluster(cluster), DirectGateways(os.environ["SIDECAR"]), setup)
    await DashboardServer(app, listening_socket(*settings.listen)).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    logging.configure("info")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
