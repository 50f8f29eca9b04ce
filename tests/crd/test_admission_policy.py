"""`kubectl apply` says what the operator's settings do not allow: the policy in a real API server, in one namespace of it."""

import json
import secrets
from collections.abc import Iterator

import pytest

from kuberedis_core.body import Body
from kuberedis_operator.policy.admission_policy import CONFIG_MAP, manifests
from tests.cli.manifest_files import manifest
from tests.harness.kubectl import Kubectl
from tests.harness.waiting import wait_until
from tests.manifests.policy import ALLOWED_BY_DEFAULT, REFUSED

_ACTIVE_SECONDS = 30
OLDER = {"podTemplate": {"priorityClassName": "system-node-critical"}}


@pytest.fixture(scope="module")
def tenant(kubectl: Kubectl) -> Iterator[Kubectl]:
    """kubectl in a namespace that the policy is for, with an instance that is older than the policy.

    The ConfigMap is made when the binding is known to be in force. Until then another worker may delete the last one that there was, after
    which the API server would for ever have the ConfigMap as it was: https://github.com/kubernetes/kubernetes/issues/130887
    """
    name = f"policy-{secrets.token_hex(3)}"
    later = f"{name}-later"
    tenant = Kubectl(name)
    kubectl.out("create", "namespace", name)
    tenant.out("apply", "-f", "-", stdin=manifest("older", **OLDER))
    policies = [*manifests(name, name), *_refusing_a_name(later, "probe")]
    for binding in policies[1::2]:
        binding["spec"]["matchResources"] = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
    try:
        tenant.out("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": policies}))
        wait_until(lambda: refusal(tenant, "probe"), limit_seconds=_ACTIVE_SECONDS, what="the policy that was made later")
        tenant.out("create", "configmap", CONFIG_MAP)
        wait_until(lambda: refusal(tenant, image="a:1"), limit_seconds=_ACTIVE_SECONDS, what="the policy")
        yield tenant
    finally:
        for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
            kubectl.out("delete", kind, name, later, "--ignore-not-found")
        kubectl.out("delete", "namespace", name, "--wait=false")


def _refusing_a_name(policy_name: str, refused: str) -> list[Body]:
    """A policy without parameters, and its binding."""
    policy, binding = manifests(policy_name)
    policy["spec"] = {
        "matchConstraints": policy["spec"]["matchConstraints"],
        "validations": [{"expression": f"object.metadata.name != '{refused}'"}],
    }
    del binding["spec"]["paramRef"]
    return [policy, binding]


def refusal(tenant: Kubectl, name: str = "my-cache", **spec: object) -> str:
    """What the API server says against a new instance; empty if it accepts it."""
    result = tenant.apply(manifest(name, **spec), "--dry-run=server")
    return result.stderr if result.returncode else ""


def allow(tenant: Kubectl, settings: dict[str, str]) -> None:
    """Replace what is allowed."""
    tenant.out("patch", "configmap", CONFIG_MAP, "--type=json", "--patch", json.dumps([{"op": "add", "path": "/data", "value": settings}]))


def test_the_table_compiles_and_costs_little_enough(tenant: Kubectl) -> None:
    status = json.loads(tenant.out("get", "validatingadmissionpolicy", tenant.namespace, "-o", "json")).get("status", {})
    assert status.get("typeChecking", {}).get("expressionWarnings") in (None, [])


@pytest.mark.parametrize("case", REFUSED)
def test_what_reaches_beyond_the_namespace_is_refused_until_the_setting_allows_it(tenant: Kubectl, case: str) -> None:
    spec, setting, pattern = REFUSED[case]
    allow(tenant, {})
    wait_until(lambda: f"KUBEREDIS_ALLOWED_{setting}" in refusal(tenant, **spec), limit_seconds=_ACTIVE_SECONDS, what="a refusal")
    allow(tenant, {f"KUBEREDIS_ALLOWED_{setting}": f"other, {pattern}"})
    wait_until(lambda: not refusal(tenant, **spec), limit_seconds=_ACTIVE_SECONDS, what="permission")


def test_what_stays_inside_is_accepted(tenant: Kubectl) -> None:
    allow(tenant, {})
    wait_until(lambda: refusal(tenant, image="a:1"), limit_seconds=_ACTIVE_SECONDS, what="a refusal")
    refused = {case: refusal(tenant, **spec) for case, spec in ALLOWED_BY_DEFAULT.items()}
    assert refused == dict.fromkeys(ALLOWED_BY_DEFAULT, "")


def test_an_instance_that_is_older_than_the_policy_can_be_edited_and_gets_no_more(tenant: Kubectl) -> None:
    allow(tenant, {})
    tenant.out("annotate", "redishttpinstance", "older", f"cache.yourcompany.com/rotate-key={secrets.token_hex(3)}")
    tenant.out("patch", "redishttpinstance", "older", "--type=merge", "--patch", json.dumps({"spec": {"maxmemory": "16Mi"}}))
    assert "KUBEREDIS_ALLOWED_PRIORITY_CLASSES" in refusal(tenant, "older", podTemplate={"priorityClassName": "system-cluster-critical"})


@pytest.mark.parametrize(
    ("host", "accepted"),
    [
        ("x.a.example.com", True),
        ("x.y.a.example.com", False),
        ("a.example.com", False),
        ("all.example.com", True),
        ("b.example.com", False),
    ],
)
def test_a_host_has_to_be_one_that_the_setting_gives_to_the_namespace(tenant: Kubectl, host: str, accepted: bool) -> None:
    hosts = f"{tenant.namespace}=*.a.example.com, *=all.example.com, other=b.example.com"
    allow(tenant, {"KUBEREDIS_HOSTS": hosts})
    wait_until(lambda: refusal(tenant, ingress={"host": "nobodys.example.com"}), limit_seconds=_ACTIVE_SECONDS, what="the setting")
    message = refusal(tenant, ingress={"host": host})
    assert ("KUBEREDIS_HOSTS" in message) is not accepted, message
