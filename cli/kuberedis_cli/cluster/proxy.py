"""`kuberedis proxy`: a port of this machine that leads to an instance's sidecar.

kubectl does the forwarding, as a child: it carries many connections over one, which the Python client's port-forward does not, and reaches
every cluster that the user's kubectl reaches. The child cannot outlive this process.
"""

import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

from kubernetes.client import CoreV1Api, V1Pod

from kuberedis_cli.child_process import tied_to_parent
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.instances import Instances
from kuberedis_cli.cluster.options import Access
from kuberedis_cli.cluster.pod import is_serving, read_pod
from kuberedis_cli.errors import ClusterError
from kuberedis_cli.output.console import Progress
from kuberedis_cli.output.curl import curl_line
from kuberedis_core.crd.names import pod_name
from kuberedis_core.crd.ports import SIDECAR_PORT
from kuberedis_core.members import MEMBERS_OF_HIGH_AVAILABILITY
from kuberedis_core.sidecar_environment import BASE_PATH

_FORWARDING = re.compile(r"Forwarding from 127\.0\.0\.1:([0-9]+) -> ")
_STOP_SECONDS = 5


def run(cluster: Cluster, access: Access, name: str, port: int, program: str, progress: Progress) -> None:
    """Forward `port` (0: a free one) of 127.0.0.1 to the instance `name`, until Ctrl-C or SIGTERM.

    Args:
        cluster: Cluster and namespace of the instance.
        access: Options that name them, for kubectl.
        name: Name of the instance.
        port: Port to listen on; 0 takes a free one.
        program: Name by which the user runs this command, for the suggested curl line.
        progress: Output of the command.

    Raises:
        ClusterError: The port cannot be forwarded, or the pod goes away.
    """
    pod = _pod(cluster, name)
    path = _base_path(pod)
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise ClusterError("proxy needs kubectl on the PATH: https://kubernetes.io/docs/tasks/tools/")
    here = replace(access, namespace=cluster.namespace)
    ports = f"{port or ''}:{SIDECAR_PORT}"
    command = [kubectl, "port-forward", f"pod/{_name(pod)}", ports, "--address", "127.0.0.1", *here.arguments()]
    output: list[str] = []
    with _running(command) as child:
        received = _end_by_signals(child)
        for local_port in _forwarded(child, output):
            url = f"http://127.0.0.1:{local_port}{path}"
            key_command = shlex.join([*program.split(), "key", name, *here.arguments()])
            progress.report(
                "ready",
                f"{name} answers at {url} until Ctrl-C; try it:",
                f"  {curl_line(url, key_command)}",
                instance=name,
                namespace=cluster.namespace,
                url=url,
            )
    if not received:
        raise ClusterError(_problem(output, port))
    progress.report("stopped", "stopped", instance=name, namespace=cluster.namespace)


def _pod(cluster: Cluster, name: str) -> V1Pod:
    """A pod of the instance: the first that serves, or else the first that there is."""
    core, first = CoreV1Api(cluster.api), None
    for ordinal in range(MEMBERS_OF_HIGH_AVAILABILITY):
        pod = read_pod(core, cluster.namespace, pod_name(name, ordinal))
        if pod is not None and is_serving(pod):
            return pod
        first = first or pod
    if first is not None:
        return first
    Instances(cluster).get(name)
    raise ClusterError(f"{name} has no pod yet; `kuberedis status {name}` shows its progress")


def _name(pod: V1Pod) -> str:
    return (pod.metadata.name if pod.metadata else None) or ""


def _base_path(pod: V1Pod) -> str:
    """The path under which the sidecar serves. It holds also for an instance that has no Ingress, and so no URL."""
    containers = pod.spec.containers if pod.spec else ()
    paths = [variable.value for container in containers for variable in container.env or () if variable.name == BASE_PATH]
    if not paths or not paths[0]:
        raise ClusterError(f"pod {_name(pod)} has no sidecar, so it is not an instance's")
    return paths[0]


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """The command, which ends with the body."""
    child = subprocess.Popen(tied_to_parent(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
        child.communicate()


def _end_by_signals(child: subprocess.Popen[str]) -> list[int]:
    """Let SIGINT and SIGTERM end the child instead of this process.

    The terminal sends Ctrl-C to kubectl as well: signals are recorded, so that it does not matter which end is noticed first.

    Returns:
        A list to which each signal is added when it arrives.
    """
    received: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        child.terminate()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    return received


def _forwarded(child: subprocess.Popen[str], output: list[str]) -> Iterator[int]:
    """Yields the local port once kubectl forwards it; ends with kubectl. Its other lines are added to `output`."""
    for line in child.stdout or ():
        if match := _FORWARDING.match(line):
            yield int(match[1])
        elif not line.startswith("Handling connection"):
            output.append(line.strip())


def _problem(output: list[str], port: int) -> str:
    if any("address already in use" in line for line in output):
        return f"port {port} is taken; choose another with --port, or a free one with --port 0"
    if any("lost connection to pod" in line for line in output):
        return "the connection to the pod is lost, for example because it restarts; run it again when the instance is ready"
    return f"kubectl port-forward: {output[-1].removeprefix('error: ') if output else 'it ended'}"
