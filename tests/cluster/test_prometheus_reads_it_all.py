"""A real Prometheus reads real sidecars and a real operator, and every expression of dashboards and rules finds what it asks for.

One member and three are served by their sidecars on this machine. The operator has instances of the same names at an API server of the
test's own, which has no node: its pods never start.
"""

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.conftest import server_binary
from tests.failover.conftest import Instance
from tests.harness.certificates import seasoned_certificate
from tests.harness.control_plane import running_control_plane
from tests.harness.custom_resource import install_custom_resource
from tests.harness.kubectl import Kubectl
from tests.harness.member_configuration import INSTANCE
from tests.harness.operator import Operator
from tests.harness.prometheus import SCRAPE_SECONDS, Prometheus, Target
from tests.harness.redis_server import RedisServer
from tests.harness.replicated import ReplicatedRedis
from tests.harness.sidecar import Sidecar, make_auth_dir
from tests.harness.waiting import wait_until
from tests.monitoring.expressions import Panel, metric_names, panels
from tests.monitoring.rules import rules, write_rules
from tests.telemetry.collector import Collector, as_dict, collector

ALONE = "alone"
SHOP = Kubectl("shop")
_SCRAPES = 5
# Alerts wait for minutes before they fire.
_NOT_HAPPENED = {"kuberedis-fleet: Alerts that fire", "kuberedis-instance: Alerts that fire"}
_OPERATOR = {"KUBEREDIS_SIDECAR_IMAGE": "sidecar:1", "KUBEREDIS_RESYNC_SECONDS": "2", "OTEL_BSP_SCHEDULE_DELAY": "50"}


@pytest.fixture(scope="module")
def collected() -> Iterator[Collector]:
    """A collector of traces."""
    with collector() as running:
        yield running


@pytest.fixture(scope="module")
def operator(collected: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """An operator with the instances `alone`, of one member, and `test-cache`, of three."""
    with running_control_plane(tmp_path_factory.mktemp("control-plane")) as plane:
        install_custom_resource()
        SHOP.out("create", "namespace", SHOP.namespace)
        SHOP.out("create", "namespace", "kuberedis-system")
        for name, replicas in ((ALONE, 1), (INSTANCE, 3)):
            manifest = {
                "apiVersion": "cache.yourcompany.com/v1alpha1",
                "kind": "RedisHttpInstance",
                "metadata": {"name": name},
                "spec": {"capacity": "64Mi", "replicas": replicas},
            }
            SHOP.out("create", "--filename=-", stdin=json.dumps(manifest))
        environment = {"KUBECONFIG": str(plane.kubeconfig), "OTEL_EXPORTER_OTLP_ENDPOINT": collected.endpoint}
        running = Operator(tmp_path_factory.mktemp("operator"), _OPERATOR | environment)
        running.start()
        yield running
        running.stop()
        assert "Traceback" not in running.log()


@pytest.fixture(scope="module")
def alone(own_redis_server: RedisServer, start_sidecar: Callable[..., Sidecar]) -> Sidecar:
    """The sidecar of one member, whose memory is full: Redis refuses writes, which are answered with 507."""
    with own_redis_server.client() as client:
        client.config_set("maxmemory", 1)
    return start_sidecar(own_redis_server, KUBEREDIS_INSTANCE=ALONE)


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Three members with TLS, which the Valkey of the packages does not know."""
    folder = tmp_path_factory.mktemp("instance")
    instance = Instance(ReplicatedRedis(server_binary("redis"), folder, tls_dir=seasoned_certificate(folder / "tls")))
    try:
        instance.start(make_auth_dir(tmp_path_factory.mktemp("auth")))
        yield instance
    finally:
        instance.stop()


@dataclass(frozen=True)
class Reading:
    """A Prometheus, and a time by which it had read all of them several times, while requests were served and refused."""

    prometheus: Prometheus
    at: float

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series of an expression at that time."""
        return self.prometheus.query(expression, self.at)


@pytest.fixture(scope="module")
def reading(operator: Operator, alone: Sidecar, several: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reading]:
    """What a Prometheus has read."""
    folder = tmp_path_factory.mktemp("prometheus")
    targets = [
        Target(operator.address, {"namespace": "kuberedis-system", "pod": "operator"}, honor_labels=True),
        Target(alone.address, {"namespace": "shop", "pod": f"{ALONE}-0"}),
        *(Target(sidecar.address, {"namespace": "shop", "pod": name}) for name, sidecar in several.sidecars.items()),
    ]
    running = Prometheus(folder, targets, write_rules(folder))
    running.start()
    try:
        sidecars = [alone, *several.sidecars.values()]
        at = wait_until(lambda: _has_read(running, sidecars, len(targets)), limit_seconds=120, what="scrapes of everything")
        yield Reading(running, at)
    finally:
        running.stop()


def _has_read(prometheus: Prometheus, sidecars: list[Sidecar], targets: int) -> float:
    """The time, if each target has been read several times lately; otherwise 0."""
    for sidecar in sidecars:
        _send_requests(sidecar)
    now = time.time()
    read = prometheus.query(f"sum_over_time(up[{(_SCRAPES + 1) * SCRAPE_SECONDS}s]) >= {_SCRAPES} and up == 1", now)
    return now if len(read) == targets else 0


def _send_requests(sidecar: Sidecar) -> None:
    """Requests that are served, that fail in Redis, and that are refused."""
    with httpx.Client(base_url=sidecar.url, headers={"Authorization": f"Bearer {sidecar.api_key}"}, trust_env=False) as client:
        client.post("/", json=["SET", "key", "value", "EX", "1000"])
        client.post("/pipeline", json=[["GET", "key"], ["GET", "missing"], ["LPUSH", "key", "x"]])
        client.get("/get/key", headers={"Authorization": "Bearer wrong"})


def test_every_metric_of_rules_and_dashboards_is_there(reading: Reading) -> None:
    assert metric_names() - reading.prometheus.names() == set()


def _found(reading: Reading, panel: Panel) -> bool:
    chosen = (
        ({"namespace": ".*"},)
        if panel.dashboard == "kuberedis-fleet"
        else ({"namespace": "shop", "name": name} for name in (ALONE, INSTANCE))
    )
    # Each of them is executed.
    found = [reading.query(panel.filled_in(**variables)) for variables in chosen]
    return any(found)


def test_every_panel_has_data(reading: Reading) -> None:
    """All expressions are executed; only those are empty that are about what has not happened."""
    empty = {f"{panel.dashboard}: {panel.title}" for panel in panels() if not _found(reading, panel)}
    assert empty == _NOT_HAPPENED


def test_every_rule_is_evaluated(reading: Reading) -> None:
    wait_until(lambda: "unknown" not in reading.prometheus.rules().values(), what="the first evaluation of all rules")
    assert reading.prometheus.rules() == {rule.get("alert") or rule["record"]: "ok" for rule in rules()}
    assert reading.query("kuberedis:http_errors:ratio_rate5m")


def test_operator_says_when_it_last_looked_at_all_instances(reading: Reading) -> None:
    assert reading.query(
        "time() - kuberedis_operator_last_resync_timestamp_seconds < 60 and kuberedis_operator_resync_interval_seconds == 2"
    )


def test_no_label_of_ours_gives_way_to_one_of_the_target(reading: Reading) -> None:
    assert reading.query('{__name__=~"kuberedis.*", exported_namespace!=""} or {__name__=~"kuberedis.*", exported_instance!=""}') == []
    (members,) = reading.query(f'kuberedis_instance_members{{name="{INSTANCE}"}}')
    assert (members["metric"]["namespace"], members["value"][1]) == ("shop", "3")


@pytest.mark.usefixtures("operator")
def test_reconciles_are_traced_with_their_requests_and_no_secret(collected: Collector) -> None:
    def reconciled() -> list[Span]:
        return [span for span in collected.spans if span.name == "reconcile RedisHttpInstance" and _children(collected, span)]

    spans = wait_until(reconciled, what="the spans of reconciles")
    attributes = as_dict(spans[0].attributes)
    assert attributes.items() >= {"k8s.namespace.name": "shop", "kuberedis.result": "ok"}.items()
    assert {as_dict(span.attributes)["kuberedis.instance.name"] for span in spans} == {ALONE, INSTANCE}
    requests = [as_dict(child.attributes) for span in spans for child in _children(collected, span)]
    assert {"apply", "create"} & {request["kuberedis.verb"] for request in requests}
    assert {request["http.response.status_code"] // 100 for request in requests} <= {2, 4}
    assert collected.resources[0]["service.name"] == "kuberedis-operator"
    secrets = json.loads(SHOP.out("get", "secrets", "--output=json"))["items"]
    values = [value for secret in secrets for value in secret["data"].values()]
    assert len(values) >= 2
    sent = b"".join(collected.bodies)
    assert [value for value in values if value and (value.encode() in sent or base64.b64decode(value) in sent)] == []


def _children(collected: Collector, parent: Span) -> list[Span]:
    return [span for span in collected.spans if span.parent_span_id == parent.span_id]
