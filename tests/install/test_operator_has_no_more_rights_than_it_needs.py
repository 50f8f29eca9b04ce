"""The RBAC permissions of the operator, and the security context of its pod."""

import re
from itertools import product
from typing import Any

from tests.install.manifests import ROOT, deployment, installed

EXPOSING = {"secrets", "pods/exec", "pods/attach", "pods/portforward", "serviceaccounts/token"}
"""Resources whose readers or creators gain the permissions of others."""


def rules() -> list[dict[str, Any]]:
    return [rule for (kind, _, _), body in installed().items() if kind in ("Role", "ClusterRole") for rule in body["rules"]]


def permissions() -> set[tuple[str, str]]:
    return {pair for rule in rules() for pair in product(rule["resources"], rule["verbs"])}


def test_no_rule_has_a_wildcard() -> None:
    for rule in rules():
        assert set(rule) == {"apiGroups", "resources", "verbs"}
        assert not any("*" in word for words in rule.values() for word in words)


def test_operator_cannot_raise_its_own_rights() -> None:
    assert not {resource for resource, _ in permissions()} & {"roles", "clusterroles", "rolebindings", "clusterrolebindings"}
    assert not {verb for _, verb in permissions()} & {"escalate", "bind", "impersonate"}


def test_operator_cannot_enter_pods_or_delete_what_holds_data() -> None:
    assert {resource for resource, _ in permissions()} & EXPOSING == {"secrets"}
    deleted = {resource for resource, verb in permissions() if verb in ("delete", "deletecollection")}
    assert deleted == {"statefulsets", "ingresses", "networkpolicies", "httproutes", "poddisruptionbudgets", "certificates", "pods"}


def test_operator_cannot_change_what_a_user_wants() -> None:
    assert {verb for resource, verb in permissions() if resource == "redishttpinstances"} == {"get", "list", "watch"}


def test_docs_give_a_reason_for_every_permission_and_no_other() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \| ([a-z, ]+) \| \S", (ROOT / "docs/install/kubernetes.md").read_text(), re.MULTILINE)
    documented = {pair for resources, verbs in rows for pair in product(re.findall(r"`([a-z/]+)[a-z.0-9]*`", resources), verbs.split(", "))}
    assert documented == permissions()


def test_pod_meets_the_restricted_standard() -> None:
    pod = deployment()["spec"]["template"]["spec"]
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        }
        assert container["resources"]["limits"].keys() == {"memory"}


def test_nobody_connects_to_the_operator() -> None:
    policy = installed()["NetworkPolicy", "kuberedis-system", "kuberedis-operator"]["spec"]
    assert policy.keys() == {"podSelector", "policyTypes"}
    assert policy["policyTypes"] == ["Ingress"]
    assert policy["podSelector"]["matchLabels"].items() <= deployment()["spec"]["template"]["metadata"]["labels"].items()


def test_two_operators_never_run_at_once() -> None:
    spec = deployment()["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
