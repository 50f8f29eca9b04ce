"""What runs for an instance: under the restricted standard, with the key in one container and Redis behind it."""

from pathlib import Path
from typing import Any

import pytest

from kuberedis_core.body import Body
from kuberedis_core.crd.spec import InvalidSpec
from kuberedis_sidecar.settings import Settings, unknown_settings
from tests.operator.rendering import container, instance, pod_template, rendered, settings

LIMITS = {
    "maxBodyBytes": 2048,
    "maxPipelineCommands": 10,
    "maxRequests": 20,
    "maxBlockingConnections": 30,
    "maxSubscribers": 40,
    "maxGrants": 50,
    "maxTokenSeconds": 60,
    "requestTimeoutSeconds": 3,
    "corsOrigins": ["https://a.example.com", "https://b.example.com"],
}


def environment(**spec: Any) -> dict[str, str]:
    """The environment of the sidecar of an instance."""
    return {variable["name"]: variable["value"] for variable in container("sidecar", instance(**spec))["env"]}


def mounts(name: str) -> dict[str, str]:
    """Volumes that a container mounts, by the path."""
    return {mount["mountPath"]: mount["name"] for mount in container(name, instance())["volumeMounts"]}


@pytest.mark.parametrize("persistence", ["aof", "none"])
def test_a_pod_meets_the_restricted_standard(persistence: str) -> None:
    # https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
    pod: Body = pod_template(instance(persistence=persistence))["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC", "initContainers", "ephemeralContainers"}
    assert all(volume.keys() - {"name"} <= {"configMap", "secret", "emptyDir"} for volume in pod["volumes"])
    locked_down = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert [each["securityContext"] for each in pod["containers"]] == [locked_down, locked_down]
    assert "hostPort" not in str(pod)


@pytest.mark.parametrize(("user", "chosen"), [("1000730000", 1000730000), ("platform", None)])
def test_the_user_is_that_of_the_setting_or_left_to_the_platform(user: str, chosen: int | None) -> None:
    pod = pod_template(instance(), settings(KUBEREDIS_POD_USER=user))["spec"]
    fields = {name: pod["securityContext"].get(name) for name in ("runAsUser", "runAsGroup", "fsGroup")}
    assert fields == dict.fromkeys(fields, chosen)
    assert (chosen is None) == ("fsGroup" not in pod["securityContext"])
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert not any(name.startswith("runAs") for each in pod["containers"] for name in each["securityContext"])


def test_a_pod_has_no_credentials_of_the_cluster_and_no_variables_of_its_neighbours() -> None:
    pod = pod_template(instance())["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False


def test_the_key_is_mounted_into_the_sidecar_only() -> None:
    assert "auth" in mounts("sidecar").values()
    assert "auth" not in mounts("redis").values()


def test_redis_is_given_hashes_of_its_password_and_the_sidecar_the_password() -> None:
    volumes = {volume["name"]: volume for volume in pod_template(instance())["spec"]["volumes"]}
    of_redis, of_sidecar = volumes[mounts("redis")["/etc/kuberedis/redis"]], volumes[mounts("sidecar")["/etc/kuberedis/redis"]]
    assert of_redis["secret"]["secretName"] == of_sidecar["secret"]["secretName"] == "my-cache-redis-password"
    assert [item["key"] for item in of_redis["secret"]["items"]] == ["users.conf"]
    assert of_sidecar["secret"].keys() == {"secretName", "defaultMode"}
    assert container("redis", instance())["command"][-2:] == ["--include", "/etc/kuberedis/redis/users.conf"]


def test_data_are_on_a_claim_or_with_persistence_none_on_the_node() -> None:
    kept = rendered(instance())["StatefulSet/my-cache"]["spec"]
    assert [claim["metadata"]["name"] for claim in kept["volumeClaimTemplates"]] == [mounts("redis")["/data"]]
    assert not any(volume["name"] == "data" for volume in kept["template"]["spec"]["volumes"])
    fleeting = rendered(instance(persistence="none"))["StatefulSet/my-cache"]["spec"]
    assert "volumeClaimTemplates" not in fleeting
    assert {"name": "data", "emptyDir": {}} in fleeting["template"]["spec"]["volumes"]


def test_nothing_but_the_sidecars_port_is_declared() -> None:
    assert "ports" not in container("redis", instance())
    assert [port["containerPort"] for port in container("sidecar", instance())["ports"]] == [8080]


def test_traces_go_where_the_operator_is_set_and_their_credential_stays_in_its_secret() -> None:
    assert not any("OTEL" in name for name in environment())
    set_to = settings(
        KUBEREDIS_TRACES_ENDPOINT="http://collector:4318",
        KUBEREDIS_TRACES_RATIO="0.05",
        KUBEREDIS_TRACES_HEADERS_SECRET="otlp/headers",  # noqa: S106 a name
    )
    variables = {variable.pop("name"): variable for variable in container("sidecar", instance(), set_to)["env"]}
    assert {name: variable for name, variable in variables.items() if name.startswith("OTEL_")} == {
        "OTEL_EXPORTER_OTLP_ENDPOINT": {"value": "http://collector:4318"},
        "OTEL_EXPORTER_OTLP_HEADERS": {"valueFrom": {"secretKeyRef": {"name": "otlp", "key": "headers", "optional": True}}},
        "OTEL_RESOURCE_ATTRIBUTES": {"value": "k8s.namespace.name=team-a,kuberedis.instance.name=my-cache"},
        "OTEL_TRACES_SAMPLER": {"value": "parentbased_traceidratio"},
        "OTEL_TRACES_SAMPLER_ARG": {"value": "0.05"},
    }
    assert not any("OTEL" in str(each) for each in pod_template(instance(), set_to)["spec"]["containers"] if each["name"] != "sidecar")


@pytest.mark.parametrize(
    ("own", "operators", "file"),
    [(None, "", "false"), (None, "true", "true"), (True, "", "true"), (True, "false", "true"), (False, "true", "false")],
)
def test_an_owner_decides_whether_requests_are_logged(own: bool | None, operators: str, file: str) -> None:
    set_to = settings(**({"KUBEREDIS_ACCESS_LOG": operators} if operators else {}))
    chosen = instance() if own is None else instance(accessLog=own)
    assert rendered(chosen, set_to)["ConfigMap/my-cache-config"]["data"]["access-log"] == file


def test_the_sidecar_understands_its_environment(tmp_path: Path) -> None:
    variables = environment(limits=LIMITS)
    assert unknown_settings(variables) == []
    assert variables["KUBEREDIS_AUTH_DIR"] in mounts("sidecar")
    assert variables["KUBEREDIS_REDIS_PASSWORD_FILE"] == "/etc/kuberedis/redis/password"  # noqa: S105 a path
    assert variables["KUBEREDIS_REDIS_SETTINGS_FILE"] == "/etc/kuberedis/live.json"
    files = dict.fromkeys(("KUBEREDIS_REDIS_PASSWORD_FILE", "KUBEREDIS_REDIS_SETTINGS_FILE"), __file__)
    found = Settings.from_environ(variables | files | {"KUBEREDIS_AUTH_DIR": str(tmp_path)})
    assert (found.instance, found.base_path, found.port) == ("my-cache", "/instances/my-cache", 8080)
    assert str(found.redis) == "redis://127.0.0.1:6379"
    assert found.access_log is False
    assert (found.max_body_bytes, found.max_pipeline_commands, found.max_requests) == (2048, 10, 20)
    assert (found.max_blocking_connections, found.max_subscribers, found.max_grants) == (30, 40, 50)
    assert found.request_timeout_seconds == 3
    assert found.cors_origins == {"https://a.example.com", "https://b.example.com"}


def test_limits_that_are_not_set_are_the_sidecars_own() -> None:
    assert not any("MAX" in name or "CORS" in name for name in environment())


def test_the_sidecar_serves_the_path_that_the_operators_template_gives() -> None:
    template = settings(KUBEREDIS_PATH_TEMPLATE="/{namespace}/{name}")
    env = container("sidecar", instance(namespace="team-b"), template)["env"]
    assert {"name": "KUBEREDIS_BASE_PATH", "value": "/team-b/my-cache"} in env


def test_the_user_decides_where_a_pod_runs_and_nothing_else() -> None:
    own = {
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "cache", "operator": "Exists"}],
        "imagePullSecrets": [{"name": "registry"}],
    }
    pod = pod_template(instance(podTemplate=own))["spec"]
    assert pod["nodeSelector"] == {"disk": "ssd"}
    assert pod["tolerations"] == own["tolerations"]
    assert pod["imagePullSecrets"] == own["imagePullSecrets"]
    assert len(pod["containers"]) == 2


@pytest.mark.parametrize("member", ["hostNetwork", "containers", "serviceAccountName"])
def test_other_fields_of_a_pod_are_refused(member: str) -> None:
    with pytest.raises(InvalidSpec, match=rf"spec\.podTemplate\.{member}: unknown field"):
        instance(podTemplate={member: True})


def test_only_the_sidecar_is_probed() -> None:
    assert not any(name.endswith("Probe") for name in container("redis", instance()))
    sidecar = container("sidecar", instance())
    assert sidecar["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert sidecar["livenessProbe"]["httpGet"]["path"] == sidecar["startupProbe"]["httpGet"]["path"] == "/livez"
