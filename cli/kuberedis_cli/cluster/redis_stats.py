"""Statistics of an instance's Redis, from the /metrics page of its sidecar.

The page comes by port-forward and not by the API server's proxy: the kubelet connects inside the pod, where no NetworkPolicy stands
in the way, and `status` needs no other permission than `proxy` does.
"""

from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from kubernetes.client import CoreV1Api
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import portforward
from prometheus_client.parser import text_string_to_metric_families

from kuberedis_cli.cluster.api_errors import stream_refusal
from kuberedis_cli.cluster.connection import CONNECT_SECONDS, Cluster
from kuberedis_cli.errors import RedisStatsError
from kuberedis_core.crd.ports import SIDECAR_PORT
from kuberedis_core.one_line import one_line


@dataclass(frozen=True)
class RedisStats:
    """Redis at this moment. A number that is not on the page is None; sizes are in bytes."""

    memory_used_bytes: int | None
    memory_max_bytes: int | None
    """0 for no limit."""
    keys: int | None
    connected_clients: int | None
    keyspace_hits: int | None
    keyspace_misses: int | None
    refused_settings: int | None
    """Settings of `spec.config` that Redis did not take."""
    role: str | None = None
    """What it is among the members: primary, replica or unknown; None with one member."""
    in_sync: bool | None = None
    """Whether it has had a complete copy of the primary's data; None with one member."""
    lag_bytes: int | None = None
    """How far it is behind the primary; None with one member, and while that is not known."""

    @property
    def hit_rate(self) -> float | None:
        """The part of lookups since Redis' start that found their key; None when there was none."""
        lookups = (self.keyspace_hits or 0) + (self.keyspace_misses or 0)
        return (self.keyspace_hits or 0) / lookups if lookups else None


def fetch(cluster: Cluster, pod: str) -> RedisStats:
    """The statistics from the sidecar in `pod`.

    Raises:
        RedisStatsError: They cannot be read.
    """
    try:
        return parse(_page(cluster, pod))
    except ApiException as error:
        raise RedisStatsError(stream_refusal(error, "pods/portforward")) from None
    except (OSError, HTTPException, ValueError) as error:
        raise RedisStatsError(f"the sidecar of {pod} does not answer ({one_line(str(error))})") from None


def parse(page: str) -> RedisStats:
    """The statistics on a page in Prometheus' text format. Raises ValueError for another page."""
    every = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    samples = {sample.name: int(sample.value) for sample in every}
    roles = [sample.labels.get("role") for sample in every if sample.name == "kuberedis_member_role" and sample.value]
    return RedisStats(
        memory_used_bytes=samples.get("kuberedis_redis_memory_used_bytes"),
        memory_max_bytes=samples.get("kuberedis_redis_memory_max_bytes"),
        keys=samples.get("kuberedis_redis_keys"),
        connected_clients=samples.get("kuberedis_redis_connected_clients"),
        keyspace_hits=samples.get("kuberedis_redis_keyspace_hits_total"),
        keyspace_misses=samples.get("kuberedis_redis_keyspace_misses_total"),
        refused_settings=samples.get("kuberedis_redis_settings_refused"),
        role=roles[0] if roles else None,
        in_sync=bool(samples["kuberedis_member_in_sync"]) if "kuberedis_member_in_sync" in samples else None,
        lag_bytes=samples.get("kuberedis_member_replication_lag_bytes"),
    )


def _page(cluster: Cluster, pod: str) -> str:
    forward = portforward(CoreV1Api(cluster.api).connect_get_namespaced_pod_portforward, pod, cluster.namespace, ports=str(SIDECAR_PORT))
    connection = HTTPConnection("127.0.0.1")
    connection.sock = forward.socket(SIDECAR_PORT)
    connection.sock.settimeout(CONNECT_SECONDS)
    try:
        connection.request("GET", "/metrics")
        response = connection.getresponse()
        if response.status != 200:
            raise HTTPException(f"status {response.status}")
        return response.read().decode()
    finally:
        connection.close()
        forward.close()
