"""The objects of an instance: their owner, how they refer to each other, and who may connect."""

import json
from dataclasses import replace

import pytest

from kuberedis_core.body import Body
from kuberedis_core.crd.names import child_labels, selector
from kuberedis_operator.resources import secret
from kuberedis_operator.resources.secret import InstanceKeys
from tests.operator.rendering import GATEWAY, instance, rendered, settings, topology

USER_LABELS = {"team": "a", "app.kubernetes.io/name": "mine", "app.kubernetes.io/instance": "other"}


def policy(**variables: str) -> Body:
    """The NetworkPolicy of an instance."""
    return rendered(instance(), settings(**variables))["NetworkPolicy/my-cache"]


def admitted(**variables: str) -> list[str]:
    """The namespaces that may connect to the sidecar."""
    (rule,) = policy(**variables)["spec"]["ingress"]
    (peer,) = rule["from"]
    assert peer.keys() == {"namespaceSelector"}
    (expression,) = peer["namespaceSelector"]["matchExpressions"]
    assert (expression["key"], expression["operator"]) == ("kubernetes.io/metadata.name", "In")
    names: list[str] = expression["values"]
    return names


def test_an_instance_has_these_children() -> None:
    assert list(rendered(instance())) == [
        "ConfigMap/my-cache-config",
        "NetworkPolicy/my-cache",
        "Service/my-cache-headless",
        "Service/my-cache-http",
        "StatefulSet/my-cache",
        "Ingress/my-cache",
    ]


@pytest.mark.parametrize("variables", [{}, GATEWAY])
def test_every_child_is_owned_by_its_instance_and_says_so(variables: dict[str, str]) -> None:
    owner = instance()
    children = [*rendered(owner, settings(**variables)).values(), secret.build(topology(owner), InstanceKeys("key"))]
    for child in children:
        metadata = child["metadata"]
        assert metadata["namespace"] == "team-a"
        assert metadata["ownerReferences"] == [
            {
                "apiVersion": "cache.yourcompany.com/v1alpha1",
                "kind": "RedisHttpInstance",
                "name": "my-cache",
                "uid": owner.uid,
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ]
        assert metadata["labels"]["app.kubernetes.io/managed-by"] == "kuberedis-operator"
        assert selector("my-cache").items() <= metadata["labels"].items()


def test_selectors_are_fixed_and_find_the_pod_whatever_labels_a_user_gives_it() -> None:
    own = instance()
    template = replace(own.spec.pod_template, labels=USER_LABELS)  # the reader of the spec refuses these
    children = rendered(replace(own, spec=replace(own.spec, pod_template=template)))
    stateful_set = children["StatefulSet/my-cache"]["spec"]
    selectors = [
        stateful_set["selector"]["matchLabels"],
        children["Service/my-cache-http"]["spec"]["selector"],
        children["Service/my-cache-headless"]["spec"]["selector"],
        children["NetworkPolicy/my-cache"]["spec"]["podSelector"]["matchLabels"],
    ]
    fixed = {"app.kubernetes.io/name": "redis-http-instance", "app.kubernetes.io/instance": "my-cache"}
    assert selectors == [fixed] * 4
    labels = stateful_set["template"]["metadata"]["labels"]
    assert labels == {"team": "a", **child_labels("my-cache", "redis")}


def test_the_services_lead_to_the_sidecar() -> None:
    children = rendered(instance())
    http, headless = children["Service/my-cache-http"]["spec"], children["Service/my-cache-headless"]["spec"]
    assert [(port["name"], port["port"], port["targetPort"]) for port in http["ports"]] == [("http", 80, "http")]
    assert headless["clusterIP"] == "None"
    assert headless["publishNotReadyAddresses"] is True
    assert children["StatefulSet/my-cache"]["spec"]["serviceName"] == "my-cache-headless"
    assert not any("6379" in json.dumps(body["spec"]) for name, body in children.items() if not name.startswith(("Stateful", "Config")))


@pytest.mark.parametrize("policy", ["Retain", "Delete"])
def test_no_statefulset_decides_on_the_volume(policy: str) -> None:
    stateful_set = rendered(instance(deletionPolicy=policy))["StatefulSet/my-cache"]["spec"]
    assert stateful_set["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}


def test_the_claim_asks_for_the_capacity_in_the_class_of_the_spec() -> None:
    (claim,) = rendered(instance(capacity="1536Mi", storageClassName="fast"))["StatefulSet/my-cache"]["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"] == {"requests": {"storage": "1536Mi"}}
    assert claim["spec"]["storageClassName"] == "fast"
    (claim,) = rendered(instance())["StatefulSet/my-cache"]["spec"]["volumeClaimTemplates"]
    assert "storageClassName" not in claim["spec"]


def test_pods_are_replaced_by_the_operator_only() -> None:
    stateful_set = rendered(instance())["StatefulSet/my-cache"]["spec"]
    assert stateful_set["updateStrategy"] == {"type": "OnDelete"}
    assert (stateful_set["replicas"], stateful_set["podManagementPolicy"]) == (1, "Parallel")


def test_only_ingress_controllers_and_monitoring_may_connect_and_only_to_the_sidecar() -> None:
    assert policy()["spec"]["policyTypes"] == ["Ingress"]
    (rule,) = policy()["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8080}]
    assert admitted(KUBEREDIS_INGRESS_NAMESPACES="nginx,traefik", KUBEREDIS_MONITORING_NAMESPACES="metrics") == [
        "metrics",
        "nginx",
        "traefik",
    ]
    assert admitted(KUBEREDIS_INGRESS_NAMESPACES="nginx", KUBEREDIS_MONITORING_NAMESPACES="") == ["nginx"]


def test_the_namespace_of_the_gateway_may_connect() -> None:
    assert "projectcontour" in admitted(**GATEWAY, KUBEREDIS_INGRESS_NAMESPACES="nginx")


def test_a_namespace_that_anybody_may_create_is_not_let_in_for_its_name() -> None:
    namespaces = "contour ingress-nginx istio-system kong kube-system monitoring nginx-gateway projectcontour traefik".split()
    assert not {*namespaces} & {*admitted(KUBEREDIS_INGRESS_NAMESPACES="edge")}


def test_without_any_namespace_nobody_may_connect() -> None:
    assert policy(KUBEREDIS_INGRESS_NAMESPACES="", KUBEREDIS_MONITORING_NAMESPACES="")["spec"]["ingress"] == []


def test_only_the_dashboards_pods_of_its_namespace_may_connect() -> None:
    [rule] = policy(KUBEREDIS_DASHBOARD_NAMESPACE="boards", KUBEREDIS_INGRESS_NAMESPACES="")["spec"]["ingress"]
    [peer] = rule["from"]
    assert peer["namespaceSelector"]["matchExpressions"][0]["values"] == ["boards"]
    assert peer["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "kuberedis-dashboard"}}
    assert [port["port"] for port in rule["ports"]] == [8080]


def test_the_network_policy_can_be_turned_off() -> None:
    assert "NetworkPolicy/my-cache" not in rendered(instance(networkPolicy={"enabled": False}))
