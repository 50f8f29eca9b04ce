"""Subcommands of `kuberedis-sidecar`, run in the container of a member as `kubectl exec` does.

What they do is no endpoint of the sidecar, so that nobody can request it who may not run commands in the pod.
"""

from kubernetes.client import CoreV1Api
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream

from kuberedis_cli.cluster.api_errors import stream_refusal
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.errors import ClusterError
from kuberedis_core.member_control import ControlReply, load_reply
from kuberedis_core.one_line import one_line

_CONTAINER = "sidecar"
_REPLY_SECONDS = 25
"""Longer than the subcommand itself waits."""


def run(cluster: Cluster, pod: str, *arguments: str) -> ControlReply:
    """The reply of a subcommand.

    Args:
        cluster: Cluster and namespace of the pod.
        pod: Name of the member's pod.
        arguments: The subcommand and its options.

    Raises:
        ClusterError: It cannot be run, or there is no reply.
    """
    output, errors = _exec(cluster, pod, ("kuberedis-sidecar", *arguments))
    try:
        return load_reply(output)
    except ValueError:
        problem = one_line(errors or output) or f"no reply within {_REPLY_SECONDS} s"
        raise ClusterError(f"the sidecar of {pod} does not do that: {problem}") from None


def _exec(cluster: Cluster, pod: str, command: tuple[str, ...]) -> tuple[str, str]:
    """Standard output and standard error of a command in the sidecar's container."""
    try:
        client = stream(
            CoreV1Api(cluster.api).connect_get_namespaced_pod_exec,
            pod,
            cluster.namespace,
            container=_CONTAINER,
            command=list(command),
            stdin=False,
            stdout=True,
            stderr=True,
            tty=False,
            _preload_content=False,
        )
    except ApiException as error:
        raise ClusterError(f"cannot run a command in pod {pod}: {stream_refusal(error, 'pods/exec')}") from None
    try:
        client.run_forever(timeout=_REPLY_SECONDS)
        return client.read_stdout(), client.read_stderr()
    finally:
        client.close()
