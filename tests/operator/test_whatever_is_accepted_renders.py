"""Every spec is either refused with a message, or rendered to objects that can be sent."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kuberedis_core.crd.redis_config import live_settings
from kuberedis_core.crd.spec import Instance, InvalidSpec
from kuberedis_operator.policy.rules import refusal
from kuberedis_operator.resources import render
from kuberedis_operator.resources.redis_conf import redis_conf, start_only
from kuberedis_operator.settings import OperatorSettings
from kuberedis_operator.topology.container_resources import memory_limit
from kuberedis_operator.topology.route import route_of
from tests.operator.rendering import GATEWAY, SETTINGS, body, topology
from tests.operator.rendering import settings as operator_settings

OPERATORS = [
    SETTINGS,
    operator_settings(**GATEWAY, KUBEREDIS_PATH_TEMPLATE="/{namespace}/{name}"),
    operator_settings(KUBEREDIS_INGRESS_HOST="a.example.com", KUBEREDIS_INGRESS_NAMESPACES=""),
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=10), values, max_size=3),
    max_leaves=5,
)
object_names = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,8}[a-z0-9])?", fullmatch=True)
keys = st.from_regex(r"(mine/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,8}[A-Za-z0-9])?", fullmatch=True)
values = st.from_regex(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,8}[A-Za-z0-9])?)?", fullmatch=True)
labels = st.dictionaries(keys, values, max_size=3)
annotations = st.dictionaries(keys, st.text(max_size=20), max_size=3)
quantities = (
    st.integers(-1, 2**70)
    | st.sampled_from(["1Gi", "64Mi", "4Mi", "1.5Gi", "1e9", "7Ei", "7.9999999Ei", "0", "250m", "1n"])
    | st.from_regex(r"\+?[0-9]{1,20}(\.[0-9]{0,20})?([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2})?", fullmatch=True)
)
amounts = st.dictionaries(st.sampled_from(["cpu", "memory", "ephemeral-storage"]), quantities, max_size=2)
resources = st.fixed_dictionaries({}, optional={"requests": amounts, "limits": amounts})
settings_of_redis = st.sampled_from(["hz", "tcp-backlog", "proc-title-template", "x.y_z"])
AFFINITY = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone"}]}}
PLAUSIBLE: dict[str, st.SearchStrategy[Any]] = {
    "maxmemory": quantities,
    "storageClassName": object_names,
    "version": st.sampled_from(["8", "7.2", "valkey-8", "7.2.5"]),
    "image": st.from_regex(r"[a-z]{1,5}(:[0-9]{1,4})?(/[a-z0-9]{1,5})?(:[A-Za-z0-9_.-]{1,9})?", fullmatch=True),
    "evictionPolicy": st.sampled_from(["noeviction", "volatile-ttl"]),
    "persistence": st.sampled_from(["aof", "rdb", "none"]),
    "config": st.dictionaries(settings_of_redis, st.text(st.characters(exclude_categories=["C"])), max_size=3),
    "resources": st.fixed_dictionaries({}, optional={"redis": resources, "sidecar": resources}),
    "ingress": st.fixed_dictionaries(
        {},
        optional={
            "enabled": st.booleans(),
            "host": st.from_regex(r"[a-z][a-z0-9]{0,5}(\.[a-z][a-z0-9]{0,5})?", fullmatch=True),
            "className": object_names,
            "annotations": annotations,
            "tlsSecretName": object_names,
        },
    ),
    "routing": st.sampled_from(["Ingress", "HTTPRoute"]),
    "deletionPolicy": st.sampled_from(["Retain", "Delete"]),
    "paused": st.booleans(),
    "podTemplate": st.fixed_dictionaries(
        {},
        optional={
            "labels": labels,
            "annotations": annotations,
            "nodeSelector": labels,
            "affinity": st.sampled_from(
                [{}, {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "z"}]}}]
            ),
            "tolerations": st.lists(st.fixed_dictionaries({"key": keys}, optional={"value": values}), max_size=2),
        },
    ),
    "networkPolicy": st.fixed_dictionaries({}, optional={"enabled": st.booleans()}),
    "limits": st.fixed_dictionaries(
        {},
        optional={
            "maxBodyBytes": st.integers(1000, 2**40),
            "maxRequests": st.integers(0, 2**40),
            "requestTimeoutSeconds": st.integers(0, 3601),
            "corsOrigins": st.lists(st.sampled_from(["*", "https://a.example.com"]), max_size=2, unique=True),
        },
    ),
}
PLAUSIBLE |= {
    "replicas": st.sampled_from([0, 1, 3]),
    "failover": st.fixed_dictionaries({}, optional={"detectAfterSeconds": st.integers(0, 31)}),
    "tls": st.fixed_dictionaries({}, optional={"mode": st.sampled_from(["Managed", "CertManager", "Secret"]), "secretName": object_names}),
}
plausible_specs = st.fixed_dictionaries({"capacity": quantities}, optional=PLAUSIBLE)
odd_specs = st.fixed_dictionaries({"capacity": quantities | json_values}, optional=dict.fromkeys(PLAUSIBLE, json_values)) | json_values


def accepted(custom_resource: dict[str, Any]) -> Instance | str:
    """The instance, or why it is refused."""
    try:
        return Instance.from_body(custom_resource)
    except InvalidSpec as refusal:
        return str(refusal)


@settings(max_examples=300)
@given(plausible_specs | odd_specs, st.sampled_from(OPERATORS), st.booleans())
def test_whatever_is_accepted_renders(spec: Any, operator: OperatorSettings, routed: bool) -> None:
    custom_resource = body({})
    custom_resource["spec"] = spec
    instance = accepted(custom_resource)
    if isinstance(instance, str):
        assert instance.isprintable()
        assert len(instance) < 500
        return
    assert (refusal(spec, operator.allowed, operator.ingress_host) or "").isprintable()
    children = render(topology(instance, operator), routed=routed)
    assert json.loads(json.dumps([child.body for child in children], allow_nan=False))
    assert len(redis_conf(instance.spec).split("\n")) == len(live_settings(instance.spec) | start_only(instance.spec)) + 1
    assert memory_limit(instance.spec) >= instance.spec.maxmemory
    route = route_of(instance, operator)
    assert route is None or route.url(None) is None or route.path in str(route.url(None))


@given(json_values)
def test_a_body_that_is_no_instance_at_all_is_refused(value: Any) -> None:
    for custom_resource in ({}, {"metadata": value}, {**body({"capacity": "1Gi"}), "metadata": value}):
        assert isinstance(accepted(custom_resource), str)
