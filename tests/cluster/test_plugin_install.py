"""`kuberedis install` and `uninstall`, on a control plane of their own."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import kuberedis
from tests.cli.reference import Place, check, of_place
from tests.harness.console_examples import Example
from tests.harness.control_plane import NOBODY, ControlPlane, running_control_plane
from tests.harness.kubectl import Kubectl

KUBECTL = Kubectl("team-a")
OPERATOR = Kubectl("kuberedis-system")

INSTANCE = """
apiVersion: cache.yourcompany.com/v1alpha1
kind: RedisHttpInstance
metadata: {name: NAME}
spec: {capacity: 64Mi}
"""

pytestmark = pytest.mark.usefixtures("control_plane")


@pytest.fixture(scope="module")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with running_control_plane(tmp_path_factory.mktemp("control-plane")) as plane:
        yield plane


def run(tmp_path: Path, *arguments: str) -> list[dict[str, Any]]:
    """The events of a command that succeeds."""
    done = kuberedis(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done
    return [json.loads(line) for line in done.stdout.splitlines()]


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of standard error of a command that failed."""
    assert done.returncode == 1, done
    [line] = done.stderr.splitlines()
    return line.removeprefix("kuberedis: ")


@pytest.fixture
def instance(tmp_path: Path) -> str:
    run(tmp_path, "install")
    KUBECTL.run("create", "namespace", KUBECTL.namespace)
    KUBECTL.apply(INSTANCE.replace("NAME", "my-cache"))
    return "my-cache"


def test_without_the_custom_resource_a_command_says_how_to_install_it(tmp_path: Path) -> None:
    run(tmp_path, "uninstall", "--delete-instances", "--wait")
    for command in (["list"], ["list", "-A"], ["status", "my-cache"], ["rotate", "my-cache"]):
        assert refusal(kuberedis(*command, cwd=tmp_path)) == (
            "this cluster has no redishttpinstances.cache.yourcompany.com; `kuberedis install` installs it"
        )


def test_install_makes_a_cluster_that_takes_instances(tmp_path: Path) -> None:
    installed = run(tmp_path, "install")
    kinds = [event["kind"] for event in installed]
    assert {event["event"] for event in installed} == {"applied"}
    assert kinds[0] == "CustomResourceDefinition"
    assert kinds.index("Namespace") < kinds.index("ConfigMap") < kinds.index("Deployment")
    assert OPERATOR.get("deployment", "kuberedis-operator")


def test_install_again_changes_nothing(tmp_path: Path) -> None:
    run(tmp_path, "install")
    objects = ["get", "crd,clusterroles,deployments,serviceaccounts", "-l", "app.kubernetes.io/part-of=kuberedis", "-A", "--output"]
    versions = [*objects, "jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.generation}{'\\n'}{end}"]
    before = KUBECTL.out(*versions)
    run(tmp_path, "install")
    assert before.count("\n") > 3
    assert KUBECTL.out(*versions) == before


def test_a_setting_made_by_hand_survives_an_install(tmp_path: Path) -> None:
    run(tmp_path, "install")
    OPERATOR.out("set", "env", "deployment/kuberedis-operator", "KUBEREDIS_INGRESS_HOST=redis.example.com")
    run(tmp_path, "install")
    assert "KUBEREDIS_INGRESS_HOST=redis.example.com" in OPERATOR.out("set", "env", "deployment/kuberedis-operator", "--list")


def test_changes_by_hand_are_overwritten_only_on_request(tmp_path: Path) -> None:
    image = ["get", "deployment/kuberedis-operator", "--output=jsonpath={.spec.template.spec.containers[0].image}"]
    run(tmp_path, "install")
    packaged = OPERATOR.out(*image)
    OPERATOR.out("set", "image", "deployment/kuberedis-operator", "operator=registry.example.com/operator:1")
    assert refusal(kuberedis("install", cwd=tmp_path)) == (
        "Deployment kuberedis-operator was changed by somebody else; --force-conflicts takes it back (Apply failed with 1 conflict:"
        ' conflict with "kubectl-set" using apps/v1: .spec.template.spec.containers[name="operator"].image)'
    )
    run(tmp_path, "install", "--force-conflicts")
    assert OPERATOR.out(*image) == packaged


def bindings() -> set[str]:
    """The bindings of the operator's role, as `Kind namespace`; without the namespace for the whole cluster."""
    form = "jsonpath={range .items[?(@.roleRef.name=='kuberedis-operator')]}{.kind} {.metadata.namespace}{'\\n'}{end}"
    lines = KUBECTL.out("get", "clusterrolebindings,rolebindings", "--all-namespaces", "--output", form).splitlines()
    return {line.strip() for line in lines}


def test_an_operator_of_some_namespaces_has_rights_there_only_and_an_upgrade_keeps_it_so(tmp_path: Path) -> None:
    run(tmp_path, "install")
    assert bindings() == {"ClusterRoleBinding"}
    KUBECTL.run("create", "namespace", KUBECTL.namespace)
    for arguments in (["--watch-namespace", KUBECTL.namespace], []):
        run(tmp_path, "install", *arguments)
        assert bindings() == {f"RoleBinding {KUBECTL.namespace}"}
        assert f"KUBEREDIS_NAMESPACES={KUBECTL.namespace}" in OPERATOR.out("set", "env", "deployment/kuberedis-operator", "--list")
    run(tmp_path, "uninstall", "--delete-instances", "--wait")
    assert bindings() == set()


def test_waiting_for_an_operator_that_does_not_start_ends_and_says_where_to_look(tmp_path: Path) -> None:
    done = kuberedis("install", "--wait", "--timeout", "1", cwd=tmp_path)
    assert refusal(done) == (
        "Deployment kuberedis-operator is not available after 1 s; see: kubectl describe deployment kuberedis-operator -n kuberedis-system"
    )


def test_uninstall_refuses_while_there_are_instances(instance: str, tmp_path: Path) -> None:
    assert refusal(kuberedis("uninstall", cwd=tmp_path)).startswith("there is 1 instance (team-a/my-cache); its Redis would go")
    assert OPERATOR.get("deployment", "kuberedis-operator")
    assert KUBECTL.get("rhi", instance)


def test_uninstall_removes_everything_and_says_what_becomes_of_the_data(instance: str, tmp_path: Path) -> None:
    KUBECTL.apply(INSTANCE.replace("NAME", "scratch").replace("64Mi", "64Mi, persistence: none"))
    KUBECTL.apply(INSTANCE.replace("NAME", "throwaway").replace("64Mi", "64Mi, deletionPolicy: Delete"))
    uid = KUBECTL.out("get", "rhi", instance, "--output=jsonpath={.metadata.uid}")
    KUBECTL.apply(child_of(instance, uid))
    events = run(tmp_path, "uninstall", "--delete-instances", "--wait")
    assert [event["event"] for event in events if event.get("kind") == "RedisHttpInstance"] == ["deleted"] * 3
    assert [(event["event"], event["name"], event.get("claim")) for event in events[-3:]] == [
        ("retained", "my-cache", "data-my-cache-0"),
        ("lost", "scratch", None),
        ("lost", "throwaway", None),
    ]
    kinds = [event.get("kind") for event in events]
    assert kinds.index("ConfigMap") < kinds.index("ValidatingAdmissionPolicyBinding"), "an API server would keep the settings for ever"
    assert KUBECTL.run("get", "configmap", "my-cache-config").returncode == 1
    for gone in ("crd/redishttpinstances.cache.yourcompany.com", "namespace/kuberedis-system", "clusterrole/kuberedis-operator"):
        assert KUBECTL.run("get", gone).returncode == 1


def test_uninstall_of_nothing_does_nothing(tmp_path: Path) -> None:
    run(tmp_path, "uninstall", "--delete-instances", "--wait")
    assert run(tmp_path, "uninstall") == []


@pytest.mark.parametrize("example", of_place(Place.CLUSTER), ids=lambda example: example.command)
def test_examples_of_the_reference_print_what_it_says(example: Example, instance: str, tmp_path: Path) -> None:
    assert KUBECTL.get("rhi", instance)
    check(example, tmp_path)


def test_install_without_permission_reports_what_is_forbidden(control_plane: ControlPlane, tmp_path: Path) -> None:
    done = kuberedis("install", "--kubeconfig", str(control_plane.kubeconfig_of(NOBODY)), cwd=tmp_path)
    assert refusal(done).startswith(
        'not allowed: customresourcedefinitions.apiextensions.k8s.io "redishttpinstances.cache.yourcompany.com" is forbidden'
    )


def child_of(instance: str, uid: str) -> str:
    """What the operator would make, and the garbage collector has to take away."""
    return f"""
apiVersion: v1
kind: ConfigMap
metadata:
  name: {instance}-config
  ownerReferences:
    - apiVersion: cache.yourcompany.com/v1alpha1
      kind: RedisHttpInstance
      name: {instance}
      uid: {uid}
      controller: true
      blockOwnerDeletion: true
"""
