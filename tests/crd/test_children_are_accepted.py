"""A real API server accepts every rendered object without a warning, and stores it as it was rendered."""

import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from kuberedis_core.body import Body
from kuberedis_core.crd.names import FIELD_MANAGER, claim_name
from kuberedis_operator.resources import claim, image_pod, password_secret, replication_secret, secret, services
from kuberedis_operator.resources.password_secret import RedisPassword
from kuberedis_operator.resources.secret import InstanceKeys
from tests.harness.kubectl import Kubectl
from tests.operator.rendering import GATEWAY, instance, pod_template, rendered, settings, topology

TERM = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "database"}}}
# Each differs from the others in what is rendered, and some of it is written in another way than the API server writes it.
SPECS: dict[str, dict[str, Any]] = {
    "the smallest": {},
    "without persistence": {"persistence": "none"},
    "as large as can be": {"capacity": "1Pi"},
    "three members": {"replicas": 3},
    "three members without persistence": {"replicas": 3, "persistence": "none", "version": "valkey-8"},
    "odd amounts": {
        "capacity": "1500M",
        "maxmemory": 333333333,
        "resources": {
            "redis": {"requests": {"cpu": "0.1", "memory": "1e8"}, "limits": {"cpu": 2, "memory": "1024Mi", "ephemeral-storage": "1.5Gi"}},
            "sidecar": {"limits": {"cpu": "1500m", "memory": "1000M"}},
        },
    },
    "everything": {
        "version": "valkey-8",
        "storageClassName": "standard",
        "config": {"hz": "50", "notify-keyspace-events": "", "proc-title-template": '{title} "é" \\'},
        "deletionPolicy": "Delete",
        "ingress": {"host": "redis.example.com", "className": "contour", "annotations": {"a/b": "c"}, "tlsSecretName": "tls"},
        "limits": {"maxBodyBytes": 2048, "requestTimeoutSeconds": 5, "corsOrigins": ["*"]},
        "podTemplate": {
            "labels": {"team": "a"},
            "annotations": {"note": "b"},
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [TERM]}},
            "tolerations": [{"operator": "Exists"}, {"key": "spot", "effect": "NoExecute", "tolerationSeconds": 60}],
            "topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "kubernetes.io/hostname",
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": {"matchLabels": {"app.kubernetes.io/part-of": "kuberedis"}},
                }
            ],
            "priorityClassName": "system-node-critical",
            "imagePullSecrets": [{"name": "registry"}],
        },
    },
}
OPERATORS: dict[str, dict[str, str]] = {
    "an Ingress": {},
    "an HTTPRoute": GATEWAY | {"KUBEREDIS_INGRESS_HOST": "redis.example.com"},
    "nobody let in": {"KUBEREDIS_INGRESS_NAMESPACES": "", "KUBEREDIS_MONITORING_NAMESPACES": ""},
}
LONGEST_NAME = "a" * 50


@pytest.fixture(scope="module")
def kubectl() -> Iterator[Kubectl]:
    """kubectl in a namespace that takes restricted pods only, and warns of others where it cannot refuse them."""
    kubectl = Kubectl(f"spec-{secrets.token_hex(3)}")
    kubectl.out("create", "namespace", kubectl.namespace)
    modes = [f"pod-security.kubernetes.io/{mode}=restricted" for mode in ("enforce", "warn")]
    kubectl.out("label", "namespace", kubectl.namespace, *modes)
    yield kubectl
    kubectl.out("delete", "namespace", kubectl.namespace, "--wait=false")


def stored(kubectl: Kubectl, body: Body) -> Body:
    """What the API server would store of an object that the operator applies; it has to be silent about it."""
    options = ["--server-side", f"--field-manager={FIELD_MANAGER}", "--dry-run=server", "--output=json"]
    result = kubectl.apply(json.dumps(body), *options)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    found: Body = json.loads(result.stdout)
    return found


def lacking(wanted: Any, found: Any, path: str) -> list[str]:
    """Where `found` is not what `wanted` says; what else `found` has does not matter."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return [each for name, value in wanted.items() for each in lacking(value, found.get(name), f"{path}.{name}")]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [each for number, value in enumerate(wanted) for each in lacking(value, found[number], f"{path}[{number}]")]
    return [] if wanted == found or (not wanted and not found) else [f"{path}: {wanted!r} became {found!r}"]


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("spec", SPECS)
def test_children_are_accepted_and_stored_as_they_are_rendered(kubectl: Kubectl, spec: str, operator: str) -> None:
    owner = instance(namespace=kubectl.namespace, **SPECS[spec])
    for name, body in rendered(owner, settings(**OPERATORS[operator])).items():
        assert lacking(body, stored(kubectl, body), name) == []


@pytest.mark.parametrize("user", ["65532", "platform"])
@pytest.mark.parametrize("spec", SPECS)
def test_the_pod_is_admitted_under_the_restricted_standard(kubectl: Kubectl, spec: str, user: str) -> None:
    owner = instance(namespace=kubectl.namespace, **SPECS[spec])
    template = pod_template(owner, settings(KUBEREDIS_POD_USER=user))
    volumes = [*template["spec"]["volumes"], {"name": "data", "emptyDir": {}}]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], "name": "pod", "namespace": kubectl.namespace},
        "spec": {**template["spec"], "volumes": list({volume["name"]: volume for volume in volumes}.values())},
    }
    stored(kubectl, pod)


@pytest.mark.parametrize("policy", ["Retain", "Delete"])
def test_the_claim_is_accepted(kubectl: Kubectl, policy: str) -> None:
    made = topology(instance(namespace=kubectl.namespace, name=LONGEST_NAME, deletionPolicy=policy))
    assert made.volume is not None
    body = claim.build(made.instance, made.volume, claim_name(LONGEST_NAME))
    assert lacking(body, stored(kubectl, body), "PersistentVolumeClaim") == []


def test_the_pod_that_pulls_an_image_is_admitted_under_the_restricted_standard(kubectl: Kubectl) -> None:
    owner = instance(namespace=kubectl.namespace, name=LONGEST_NAME, version="8")
    stateful_set = rendered(owner)[f"StatefulSet/{LONGEST_NAME}"]
    images = tuple(container["image"] for container in stateful_set["spec"]["template"]["spec"]["containers"])
    body = image_pod.build(topology(owner), stateful_set, images, "node-1")
    assert lacking(body, stored(kubectl, body), "Pod") == []


def test_an_instance_of_the_longest_name_has_all_its_children(kubectl: Kubectl) -> None:
    owner = instance(namespace=kubectl.namespace, name=LONGEST_NAME)
    for body in [*rendered(owner).values(), secret.build(topology(owner), InstanceKeys("key", "previous"))]:
        stored(kubectl, body)


def test_the_secrets_are_accepted(kubectl: Kubectl) -> None:
    made = topology(instance(namespace=kubectl.namespace, name=LONGEST_NAME, replicas=3))
    password = RedisPassword("new", "old")
    for body in (
        secret.build(made, InstanceKeys("key", "previous")),
        password_secret.build(made, password),
        replication_secret.build(made, password),
    ):
        assert lacking(body, stored(kubectl, body), "Secret") == []


def test_the_services_of_members_are_accepted(kubectl: Kubectl) -> None:
    made = topology(instance(namespace=kubectl.namespace, name=LONGEST_NAME, replicas=3))
    for member in made.members:
        body = services.build_member(made, member)
        assert lacking(body, stored(kubectl, body), "Service") == []
