"""What a spec means, and which specs are refused with what to write instead."""

import re
from typing import Any

import pytest

from kuberedis_core.crd.spec import Instance, InvalidSpec
from kuberedis_operator.topology.images import image_of, version_of
from tests.operator.rendering import SETTINGS, body, instance

GIB = 2**30


def test_the_smallest_spec_has_defaults_for_production() -> None:
    spec = instance().spec
    assert (spec.capacity, spec.maxmemory) == (GIB, GIB // 2)
    assert (spec.eviction_policy, spec.persistence, spec.deletion_policy) == ("noeviction", "aof", "Retain")
    assert spec.ingress.enabled
    assert spec.network_policy
    assert not spec.paused


def test_null_is_as_good_as_absent() -> None:
    fields = "storageClassName version image maxmemory evictionPolicy config resources ingress podTemplate networkPolicy limits paused"
    nulls: dict[str, Any] = dict.fromkeys(fields.split())
    assert instance(**nulls) == instance()


@pytest.mark.parametrize(
    ("version", "image"),
    [
        (None, "docker.io/library/redis:8"),
        ("7.2.5", "docker.io/library/redis:7.2.5"),
        ("7", "docker.io/library/redis:7"),
        ("valkey-8.1", "docker.io/valkey/valkey:8.1"),
    ],
)
def test_a_version_picks_the_image(version: str | None, image: str) -> None:
    spec = instance(version=version).spec
    assert image_of(spec, SETTINGS) == image
    assert version_of(spec, SETTINGS) == (version or "8")


def test_an_image_of_ones_own_is_used_as_it_is() -> None:
    spec = instance(image="registry.example.com:5000/team/redis:8.2-version").spec
    assert image_of(spec, SETTINGS) == version_of(spec, SETTINGS) == "registry.example.com:5000/team/redis:8.2-version"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"capacity": None}, "spec.capacity: missing; write for example capacity: 1Gi"),
        ({"capacity": "1GB"}, "spec.capacity: '1GB' is not a Kubernetes quantity; write 1Gi"),
        ({"capacity": 1.5}, "spec.capacity: 1.5 is not a Kubernetes quantity"),
        ({"capacity": "1Gi", "config": {"a\x1b\nb": None}}, "spec.config.a\\x1b b: missing; write for example a value"),
        ({"capacity": "3Mi"}, "spec.capacity: leaves Redis 1.5Mi of memory, less than the 2Mi it needs"),
        ({"maxmemory": "1Mi"}, "spec.maxmemory: leaves Redis 1Mi of memory"),
        ({"maxmemory": "2Gi"}, "spec.maxmemory: 2Gi is more than spec.capacity, 1Gi"),
        ({"version": "7.0"}, "spec.version: '7.0' is too old; write 7.2 or newer"),
        ({"version": "valkey-6"}, "spec.version: 'valkey-6' is too old; write valkey-7.2 or newer"),
        ({"version": "latest"}, "spec.version: 'latest' is not a version"),
        ({"version": 8}, "spec.version: 8 is not a text; put quotes around it"),
        ({"version": "8", "image": "redis:8"}, "spec.image: cannot stand beside spec.version"),
        ({"evictionPolicy": "lru"}, "spec.evictionPolicy: 'lru' is not known; write one of noeviction, allkeys-lru"),
        ({"persistence": "disk"}, "spec.persistence: 'disk' is not known; write one of aof, rdb, none"),
        ({"paused": "yes"}, "spec.paused: 'yes' is neither; write true or false"),
        ({"ingress": []}, "spec.ingress: is []; write an object"),
        ({"ingress": {"annotations": {"a": 1}}}, "spec.ingress.annotations.a: 1 is not a text"),
        ({"config": {"hz": None}}, "spec.config.hz: missing"),
        ({"config": {"HZ": "10"}}, "spec.config: HZ cannot be set: it is not the name of a setting"),
        ({"config": {"hz 10\nport": "7"}}, "cannot be set: it is not the name of a setting"),
        ({"podTemplate": {"tolerations": {}}}, "spec.podTemplate.tolerations: is {}; write a list"),
        ({"resources": {"redis": {"limits": {"memory": "500Mi"}}}}, "spec.resources.redis.limits.memory: 500Mi is not more than the 512Mi"),
        (
            {"resources": {"sidecar": {"requests": {"cpu": "2"}, "limits": {"cpu": "500m"}}}},
            "spec.resources.sidecar.requests.cpu: is more than the limit",
        ),
        ({"resources": {"redis": {"requests": {"cpu": "-1"}}}}, "spec.resources.redis.requests.cpu: '-1' is not a Kubernetes quantity"),
        ({"limits": {"maxBodyBytes": 100}}, "spec.limits.maxBodyBytes: 100 does not fit; write a whole number, 1024 or more"),
        ({"limits": {"maxRequests": True}}, "spec.limits.maxRequests: True does not fit; write a whole number"),
        ({"limits": {"requestTimeoutSeconds": 0}}, "spec.limits.requestTimeoutSeconds: 0 does not fit"),
        ({"limits": {"corsOrigins": ["https://a,https://b"]}}, "spec.limits.corsOrigins[0]: 'https://a,https://b' is not an origin"),
    ],
)
def test_a_spec_that_cannot_be_used_is_refused_by_the_name_of_its_field(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSpec, match=re.escape(message)) as refusal:
        instance(**spec)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "name",
    """
    bind port protected-mode unixsocket unixsocketperm tls-port rdma-port requirepass masterauth masteruser user aclfile dir appenddirname
    appendfilename dbfilename include loadmodule replicaof slaveof cluster-enabled cluster-port daemonize pidfile logfile supervised
    enable-debug-command enable-module-command enable-protected-configs rename-command appendonly save maxmemory maxmemory-policy
    """.split(),
)
def test_settings_of_the_operator_are_refused_with_the_reason(name: str) -> None:
    with pytest.raises(InvalidSpec, match=f"spec.config: {name} cannot be set: ....+"):
        instance(config={name: "yes"})


@pytest.mark.parametrize("name", ["Cache", "1cache", "cache-", "a" * 51, "a.b", 7, None])
def test_a_name_that_would_break_labels_or_services_is_refused(name: object) -> None:
    custom_resource = body({"capacity": "1Gi"})
    custom_resource["metadata"]["name"] = name
    with pytest.raises(InvalidSpec, match=r"metadata\.name: "):
        Instance.from_body(custom_resource)
