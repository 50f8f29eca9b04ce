"""What restarts a pod, and what does not."""

from typing import Any

import pytest

from kuberedis_core.crd.names import RESTART_HASH
from kuberedis_operator.settings import OperatorSettings
from tests.operator.rendering import SETTINGS, instance, pod_template, settings


def restart_hash(settings: OperatorSettings = SETTINGS, **spec: Any) -> str:
    """The restart hash of the pod of this spec."""
    annotations: dict[str, str] = pod_template(instance(**spec), settings)["metadata"]["annotations"]
    return annotations[RESTART_HASH]


def test_no_upgrade_restarts_pods_unnoticed() -> None:
    # If this fails, an upgrade of the operator would restart every Redis there is. Keep the pod as it is, or say so in CHANGELOG.md.
    assert restart_hash() == "077bbbce5c90d04c"


@pytest.mark.parametrize(
    "spec",
    [
        {"capacity": "2Gi"},
        {"maxmemory": "256Mi"},
        {"evictionPolicy": "allkeys-lru"},
        {"persistence": "rdb"},
        {"config": {"hz": "50"}},
        {"resources": {"redis": {"limits": {"memory": "2Gi"}}, "sidecar": {"requests": {"cpu": "1"}}}},
        {"podTemplate": {"labels": {"team": "a"}, "annotations": {"note": "b"}}},
        {"podTemplate": {"tolerations": [], "nodeSelector": {}}},
        {"ingress": {"host": "redis.example.com", "annotations": {"a": "b"}, "tlsSecretName": "tls"}},
        {"ingress": {"enabled": False}},
        {"networkPolicy": {"enabled": False}},
        {"accessLog": True},
        {"deletionPolicy": "Delete"},
        {"version": "8"},
        {"limits": {}},
    ],
)
def test_what_can_change_while_the_pod_runs_restarts_nothing(spec: dict[str, Any]) -> None:
    assert restart_hash(**spec) == restart_hash()


@pytest.mark.parametrize(
    "spec",
    [
        {"version": "7.4"},
        {"version": "valkey-8"},
        {"image": "redis:8.2"},
        {"config": {"tcp-backlog": "300"}},
        {"limits": {"maxRequests": 10}},
        {"podTemplate": {"nodeSelector": {"disk": "ssd"}}},
        {"podTemplate": {"priorityClassName": "high"}},
    ],
)
def test_what_cannot_change_while_the_pod_runs_restarts_it(spec: dict[str, Any]) -> None:
    assert restart_hash(**spec) != restart_hash()


def test_another_sidecar_or_path_restarts_a_pod() -> None:
    assert restart_hash(settings(KUBEREDIS_SIDECAR_IMAGE="localhost/kuberedis-sidecar:2")) != restart_hash()
    assert restart_hash(settings(KUBEREDIS_PATH_TEMPLATE="/{namespace}/{name}")) != restart_hash()
    assert restart_hash(settings(KUBEREDIS_TRACES_ENDPOINT="http://collector:4318")) != restart_hash()
    assert restart_hash(settings(KUBEREDIS_ACCESS_LOG="true")) == restart_hash()
    assert restart_hash(settings(KUBEREDIS_INGRESS_HOST="redis.example.com", KUBEREDIS_INGRESS_CLASS="nginx")) == restart_hash()
