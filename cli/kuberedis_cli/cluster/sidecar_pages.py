"""What a sidecar says of its Redis and of its member, on pages that are outside the base path.

They come by port-forward and not by the API server's proxy: the kubelet connects inside the pod, where no NetworkPolicy stands in the
way, and `status` needs no other permission than `proxy` does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException

from kubernetes.client import CoreV1Api
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import portforward

from kuberedis_cli.cluster import redis_stats
from kuberedis_cli.cluster.api_errors import stream_refusal
from kuberedis_cli.cluster.connection import CONNECT_SECONDS, Cluster
from kuberedis_cli.cluster.redis_stats import RedisStats
from kuberedis_cli.errors import SidecarPageError
from kuberedis_core import member_report
from kuberedis_core.crd.ports import SIDECAR_PORT
from kuberedis_core.member_report import REPORT_PATH, MemberReport
from kuberedis_core.one_line import one_line


def fetch(cluster: Cluster, pod: str, *, of_several: bool) -> tuple[RedisStats, MemberReport | None]:
    """The statistics of the Redis in `pod`, and the report of the member, if it is `of_several`.

    Raises:
        SidecarPageError: They cannot be read.
    """
    try:
        with _connected(cluster, pod) as connection:
            stats = redis_stats.parse(_page(connection, "/metrics"))
            return stats, member_report.load(_page(connection, REPORT_PATH)) if of_several else None
    except ApiException as error:
        raise SidecarPageError(stream_refusal(error, "pods/portforward")) from None
    except (OSError, HTTPException, ValueError) as error:
        raise SidecarPageError(f"the sidecar of {pod} does not answer ({one_line(str(error))})") from None


@contextmanager
def _connected(cluster: Cluster, pod: str) -> Iterator[HTTPConnection]:
    forward = portforward(CoreV1Api(cluster.api).connect_get_namespaced_pod_portforward, pod, cluster.namespace, ports=str(SIDECAR_PORT))
    connection = HTTPConnection("127.0.0.1")
    connection.sock = forward.socket(SIDECAR_PORT)
    connection.sock.settimeout(CONNECT_SECONDS)
    try:
        yield connection
    finally:
        connection.close()
        forward.close()


def _page(connection: HTTPConnection, path: str) -> str:
    connection.request("GET", path)
    response = connection.getresponse()
    if response.status != 200:
        raise HTTPException(f"status {response.status}")
    return response.read().decode()
