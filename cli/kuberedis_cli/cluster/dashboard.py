"""`kuberedis dashboard`: the dashboard on this machine's loopback, with the credential of the kubeconfig.

It is entered by a link that works once. The browser gets it from a file that only its user can read: of an argument, every user of the
machine could read it in the process list.
"""

from __future__ import annotations

import asyncio
import html
import shutil
import signal
import socket
import ssl
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from kubernetes.client import Configuration

from kuberedis_cli.child_process import tied_to_parent
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.options import Access
from kuberedis_cli.errors import ClusterError
from kuberedis_cli.output.console import Progress
from kuberedis_dashboard.app import Setup, make_app
from kuberedis_dashboard.errors import DashboardError, SignedOut
from kuberedis_dashboard.gateway.forwarded import MOST_FORWARDS, Command, ForwardedGateways
from kuberedis_dashboard.kube.client import KubeClient
from kuberedis_dashboard.kube.cluster import Cluster as ApiServer
from kuberedis_dashboard.kube.cluster import ClusterAddress
from kuberedis_dashboard.kube.credential import Credential, CredentialSource
from kuberedis_dashboard.serving import DashboardServer, listening_socket
from kuberedis_dashboard.session.entry_link import EntryLink
from kuberedis_dashboard.session.sessions import LONGEST_SECONDS, Sessions
from kuberedis_dashboard.sources.cluster import of_cluster

_HOST = "127.0.0.1"


def run(cluster: Cluster, access: Access, port: int, *, open_browser: bool, progress: Progress) -> None:
    """Serve the dashboard until Ctrl-C or SIGTERM.

    Args:
        cluster: the cluster of the kubeconfig, and the namespace to show to who may not list all.
        access: the options that name them, for kubectl.
        port: port to listen on; 0 takes a free one.
        open_browser: whether to open the browser.
        progress: output of the command.

    Raises:
        ClusterError: the port is taken, or the cluster does not answer or does not accept the credential.
    """
    try:
        listening = listening_socket(_HOST, port)
    except OSError as error:
        advice = "choose another with --port, or a free one with --port 0"
        raise ClusterError(f"port {port} cannot be used: {error.strerror}; {advice}") from None
    asyncio.run(_serve(cluster, access, listening, open_browser, progress))


async def _serve(cluster: Cluster, access: Access, listening: socket.socket, open_browser: bool, progress: Progress) -> None:
    origin = f"http://{_HOST}:{listening.getsockname()[1]}"
    configuration = cluster.api.configuration
    entry, credential = EntryLink(), _credential_source(configuration)
    api_server, gateways = ApiServer(_address(configuration)), ForwardedGateways(_forward_command(access))
    setup = Setup(
        origins=(origin,),
        own_credential=credential,
        entry=entry,
        namespace=cluster.namespace,
        most_figures=MOST_FORWARDS,
        # Its credential is that of this process, and there is no second link, so that being idle ends nothing.
        sessions=Sessions(idle_seconds=LONGEST_SECONDS),
    )
    try:
        user = await KubeClient(api_server, credential).whoami()
        server = DashboardServer(make_app(of_cluster(api_server), gateways, setup), listening)
        await server.start()
        link = f"{origin}/enter?code={entry.code}"
        with _link_file(link) as file:
            opened = open_browser and await asyncio.to_thread(webbrowser.open, file.as_uri())
            where = "your browser opens it" if opened else "open this link"
            progress.report(
                "ready",
                f"dashboard of {configuration.host} as {user.name}, until Ctrl-C; {where}, which works once:",
                f"  {link}",
                url=link,
                user=user.name,
            )
            await _signalled()
        await server.close()
    except DashboardError as error:
        raise ClusterError(f"{error.message}: {error.advice}") from None
    finally:
        await gateways.close()
        await api_server.close()
    progress.report("stopped", "stopped")


def _address(configuration: Configuration) -> ClusterAddress:
    url = str(configuration.host).rstrip("/")
    if not url.startswith("https://"):
        return ClusterAddress(url)
    try:
        context = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
        if not configuration.verify_ssl:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if configuration.cert_file:
            context.load_cert_chain(configuration.cert_file, configuration.key_file)
    except OSError as error:
        raise ClusterError(f"the certificates of the kubeconfig cannot be used: {error}") from None
    return ClusterAddress(url, context, configuration.tls_server_name or None)


def _credential_source(configuration: Configuration) -> CredentialSource:
    """The credential of the kubeconfig. A login tool that it names is asked again when its token expires."""

    async def source() -> Credential:
        # The tool is a process that may take seconds.
        field = await asyncio.to_thread(configuration.get_api_key_with_prefix, "BearerToken", "authorization")
        if not field and not configuration.cert_file:
            # The API server would take the request for one of `system:anonymous`.
            raise SignedOut("the kubeconfig has no credential", "See `kubectl auth whoami`.")
        return Credential((("Authorization", field),)) if field else Credential()

    return source


def _forward_command(access: Access) -> Command:
    kubectl = shutil.which("kubectl") or "kubectl"

    def command(namespace: str, target: str, port: int) -> list[str]:
        options = replace(access, namespace=namespace).arguments()
        return tied_to_parent([kubectl, "port-forward", target, f":{port}", "--address", _HOST, *options])

    return command


@contextmanager
def _link_file(link: str) -> Iterator[Path]:
    """A page that leads to the link, in a folder that only its user can read."""
    with tempfile.TemporaryDirectory(prefix="kuberedis-dashboard-") as folder:
        file = Path(folder) / "open.html"
        file.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={html.escape(link)}"><title>KubeRedis</title>\n')
        yield file


async def _signalled() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
