"""What is rendered for three members: who may connect to whom, what outlives a pod, and how a pod starts and ends."""

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kuberedis_core import members
from kuberedis_core.body import Body
from kuberedis_core.crd.spec import Instance
from kuberedis_core.members import MemberAddress
from kuberedis_operator.resources import config_map, replication_secret, services
from kuberedis_operator.resources.password_secret import RedisPassword, read
from kuberedis_operator.resources.ssa_diff import digest
from kuberedis_operator.topology.container_resources import memory_limit
from kuberedis_operator.topology.formation import Formation
from kuberedis_operator.topology.replication import Replication
from kuberedis_sidecar.settings import Settings, unknown_settings
from tests.operator.rendering import container, instance, pod_template, rendered, settings, topology

MIB = 2**20
SELECTOR = {
    "app.kubernetes.io/name": "redis-http-instance",
    "app.kubernetes.io/instance": "my-cache",
    "app.kubernetes.io/component": "redis",
}
CONTAINERS = ["redis", "sentinel", "sidecar"]


def three(**spec: Any) -> Instance:
    return instance(replicas=3, **spec)


def test_three_members_have_a_disruption_budget_too() -> None:
    assert list(rendered(three())) == [
        "ConfigMap/my-cache-config",
        "NetworkPolicy/my-cache",
        "Service/my-cache-headless",
        "Service/my-cache-http",
        "PodDisruptionBudget/my-cache",
        "StatefulSet/my-cache",
        "Ingress/my-cache",
    ]


@pytest.mark.parametrize(
    ("spec", "children"),
    [
        ({}, "d24cda0a2be22673"),
        ({"persistence": "none", "limits": {"maxRequests": 10}}, "fe32ccda909dc850"),
        ({"podTemplate": {"affinity": {"podAntiAffinity": {}}, "labels": {"team": "a"}}}, "31f91f037e2f9e2b"),
    ],
)
def test_one_member_has_the_children_that_it_always_had(spec: dict[str, Any], children: str) -> None:
    # They change with a release that says so in CHANGELOG.md, and never because of what several members have.
    assert digest(rendered(instance(**spec))) == children


def test_a_budget_lets_one_member_go_at_a_time_and_counts_no_other_pod() -> None:
    assert rendered(three())["PodDisruptionBudget/my-cache"]["spec"] == {
        "maxUnavailable": 1,
        "selector": {"matchLabels": SELECTOR},
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    assert SELECTOR.items() <= pod_template(three())["metadata"]["labels"].items()


def test_each_member_has_a_service_that_leads_to_it_alone_ready_or_not() -> None:
    found = topology(three())
    bodies = [services.build_member(found, member) for member in found.members]
    assert [body["metadata"]["name"] for body in bodies] == ["my-cache-0", "my-cache-1", "my-cache-2"]
    for ordinal, body in enumerate(bodies):
        assert body["spec"]["selector"]["statefulset.kubernetes.io/pod-name"] == f"my-cache-{ordinal}"
        assert body["spec"]["publishNotReadyAddresses"] is True
        assert [(port["name"], port["port"]) for port in body["spec"]["ports"]] == [("redis", 6379), ("sentinel", 26379)]
        assert "clusterIP" not in body["spec"]
    assert services.build_member(found, found.members[1], "10.96.0.9")["spec"]["clusterIP"] == "10.96.0.9"


def files(**changes: Any) -> dict[str, str]:
    """The files of the ConfigMap."""
    data: dict[str, str] = config_map.build(replace(topology(three()), **changes))["data"]
    return data


def test_members_are_told_of_each_other() -> None:
    found = members.load(files()["members.json"])
    assert [(each.name, each.host) for each in found] == [(f"my-cache-{ordinal}", f"10.96.0.{ordinal + 1}") for ordinal in range(3)]
    assert (found.founder, found.promote) == (None, None)


def test_members_are_told_what_was_decided_about_them() -> None:
    formation = Formation(replication=Replication((), {}), pods=3, founder="my-cache-0", promote="my-cache-2", since={})
    decided = files(formation=formation)
    found = members.load(decided["members.json"])
    assert (found.founder, found.promote) == ("my-cache-0", "my-cache-2")
    assert "# anew" in decided["sentinel-1.conf"].splitlines()
    assert "# anew" not in files()["sentinel-1.conf"].splitlines()


def test_each_sentinel_has_a_file_of_its_own() -> None:
    found = {name: text for name, text in files().items() if name.startswith("sentinel")}
    assert list(found) == ["sentinel-0.conf", "sentinel-1.conf", "sentinel-2.conf"]
    assert len({next(line for line in text.splitlines() if "myid" in line) for text in found.values()}) == 3


@pytest.mark.parametrize(
    ("data", "addresses"),
    [
        (files(), {f"my-cache-{ordinal}": f"10.96.0.{ordinal + 1}" for ordinal in range(3)}),
        ({}, {}),
        ({"members.json": "{}"}, {}),
        ({"members.json": "no JSON"}, {}),
        (None, {}),
    ],
    ids=["as written", "of one member", "another form", "not JSON", "no data"],
)
def test_former_addresses_are_those_that_members_were_told(data: dict[str, str] | None, addresses: dict[str, str]) -> None:
    assert config_map.former_addresses({"data": data}) == addresses


def test_members_may_connect_to_each_other_and_the_operator_to_their_sidecars() -> None:
    variables = {"KUBEREDIS_OPERATOR_NAMESPACE": "operators", "KUBEREDIS_INGRESS_NAMESPACES": "nginx"}
    clients, neighbours, operator = rendered(three(), settings(**variables))["NetworkPolicy/my-cache"]["spec"]["ingress"]
    assert [port["port"] for port in clients["ports"]] == [8080]
    assert neighbours["from"] == [{"podSelector": {"matchLabels": SELECTOR}}]
    assert [port["port"] for port in neighbours["ports"]] == [6379, 26379]
    [peer] = operator["from"]
    assert peer["namespaceSelector"]["matchExpressions"][0]["values"] == ["operators"]
    assert peer["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "kuberedis-operator"}}
    assert [port["port"] for port in operator["ports"]] == [8080]


def secret(password: RedisPassword) -> dict[str, str]:
    data = replication_secret.build(topology(three()), password)["data"]
    return {name: base64.b64decode(value).decode() for name, value in data.items()}


def test_servers_have_hashes_of_the_replication_password() -> None:
    found = secret(RedisPassword("new", previous="old"))
    hashes = " ".join(f"#{hashlib.sha256(text).hexdigest()}" for text in (b"new", b"old"))
    redis, sentinel = found.pop("users.conf").splitlines(), found.pop("sentinel.conf").splitlines()
    assert found == {"password": "new", "password_previous": "old"}
    assert redis[0] == f"user repl on resetpass {hashes} -@all +psync +replconf +ping"
    assert redis[1].startswith(f"user sentinel on resetpass {hashes} allchannels -@all +")
    assert sentinel == [f"user default on resetpass {hashes} ~* &* +@all"]
    assert read(replication_secret.build(topology(three()), RedisPassword("a", request="now"))) == RedisPassword("a", request="now")


def mounts(name: str) -> dict[str, str]:
    return {mount["mountPath"]: mount["name"] for mount in container(name, three())["volumeMounts"]}


def sources() -> dict[str, Body]:
    return {volume["name"]: volume for volume in pod_template(three())["spec"]["volumes"]}


@pytest.mark.parametrize(
    ("name", "directory", "secret", "members"),
    [
        ("redis", "/etc/kuberedis/redis", "my-cache-redis-password", ["users.conf"]),
        ("redis", "/etc/kuberedis/replication", "my-cache-replication", ["users.conf"]),
        ("sentinel", "/etc/kuberedis/replication", "my-cache-replication", ["sentinel.conf"]),
        ("sidecar", "/etc/kuberedis/replication", "my-cache-replication", None),
        ("sidecar", "/etc/kuberedis/auth", "my-cache-auth", None),
        *((name, "/etc/kuberedis/tls", "my-cache-tls", None) for name in CONTAINERS),
    ],
)
def test_containers_mount_no_more_of_secrets_than_they_need(name: str, directory: str, secret: str, members: list[str] | None) -> None:
    source = sources()[mounts(name)[directory]]["secret"]
    assert (source["secretName"], source["defaultMode"]) == (secret, 0o440)
    assert ([item["key"] for item in source["items"]] if "items" in source else None) == members


def test_nobody_mounts_the_authority_and_no_server_the_key() -> None:
    assert not any(volume.get("secret", {}).get("secretName") == "my-cache-ca" for volume in sources().values())
    assert "auth" not in {**mounts("redis"), **mounts("sentinel")}.values()


def test_sockets_are_in_memory_and_shared_by_all_containers() -> None:
    assert sources()["guard"]["emptyDir"] == {"medium": "Memory"}
    assert [mounts(name)["/run/kuberedis"] for name in CONTAINERS] == ["guard"] * 3


@pytest.mark.parametrize("persistence", ["aof", "none"])
def test_sentinel_is_as_restricted_as_its_neighbours(persistence: str) -> None:
    pod = pod_template(three(persistence=persistence))["spec"]
    assert [each["name"] for each in pod["containers"]] == CONTAINERS
    locked_down = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert [each["securityContext"] for each in pod["containers"]] == [locked_down] * 3
    sentinel = container("sentinel", three())
    assert sentinel["image"] == container("redis", three())["image"]
    assert sentinel["resources"] == {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}}
    assert not any(name.endswith("Probe") for name in sentinel)


def test_a_pod_ends_when_its_role_was_handed_over() -> None:
    hooks = {name: container(name, three())["lifecycle"]["preStop"]["exec"]["command"] for name in CONTAINERS}
    assert hooks["sidecar"] == ["kuberedis-sidecar", "pre-stop"]
    assert hooks["redis"] == hooks["sentinel"]
    assert "[ -e /run/kuberedis/in-use ] && [ $i -lt 150 ]" in hooks["redis"][-1]
    assert pod_template(three())["spec"]["terminationGracePeriodSeconds"] == 60


def test_the_sidecar_understands_its_environment(tmp_path: Path) -> None:
    variables = {each["name"]: each.get("value", "my-cache-1") for each in container("sidecar", three())["env"]}
    assert unknown_settings(variables) == []
    paths = {variables[f"KUBEREDIS_{name}"] for name in ("REDIS_PASSWORD_FILE", "REPLICATION_PASSWORD_FILE", "MEMBERS_FILE")}
    assert paths == {f"/etc/kuberedis/{name}" for name in ("redis/password", "replication/password", "members.json")}
    here = dict.fromkeys(("REDIS_PASSWORD_FILE", "REDIS_SETTINGS_FILE", "REPLICATION_PASSWORD_FILE", "MEMBERS_FILE"), __file__)
    here |= dict.fromkeys(("AUTH_DIR", "TLS_DIR", "RUN_DIR"), str(tmp_path))
    found = Settings.from_environ(variables | {f"KUBEREDIS_{name}": value for name, value in here.items()})
    assert str(found.redis) == "unix:///run/kuberedis/redis.sock"
    assert found.members is not None
    assert (found.members.name, str(found.members.sentinel)) == ("my-cache-1", "unix:///run/kuberedis/sentinel.sock")
    assert found.members.detect_after_seconds == 2


def test_members_are_kept_apart_if_that_is_possible() -> None:
    pod = pod_template(three())["spec"]
    [term] = pod["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert term["podAffinityTerm"] == {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": SELECTOR}}
    [zones] = pod["topologySpreadConstraints"]
    assert (zones["topologyKey"], zones["whenUnsatisfiable"]) == ("topology.kubernetes.io/zone", "ScheduleAnyway")


SPREAD = [{"maxSkew": 2, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule"}]
NODES: dict[str, Any] = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}
PODS = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname"}]}}


@pytest.mark.parametrize(
    ("own", "affinities", "spread"),
    [
        ({"affinity": NODES}, {"nodeAffinity", "podAntiAffinity"}, "topology.kubernetes.io/zone"),
        ({"affinity": PODS}, {"podAntiAffinity"}, "topology.kubernetes.io/zone"),
        ({"topologySpreadConstraints": SPREAD}, {"podAntiAffinity"}, "rack"),
    ],
)
def test_what_the_user_writes_replaces_that(own: dict[str, Any], affinities: set[str], spread: str) -> None:
    pod = pod_template(three(podTemplate=own))["spec"]
    assert pod["affinity"].keys() == affinities
    assert [each["topologyKey"] for each in pod["topologySpreadConstraints"]] == [spread]
    if own == {"affinity": PODS}:
        assert pod["affinity"] == PODS


@pytest.mark.parametrize(
    ("spec", "limit"),
    [
        ({"maxmemory": "512Mi"}, 512 * 3 // 2 + 64 + 32 + 128),
        ({"maxmemory": "64Mi"}, 64 * 3 // 2 + 64 + 4 + 64),
        ({"maxmemory": "512Mi", "persistence": "none"}, 512 * 3 // 2 + 64 + 32 + 128),
        ({"maxmemory": "4Gi", "capacity": "8Gi"}, 4096 * 3 // 2 + 64 + 64 + 1024),
    ],
)
def test_redis_has_room_for_what_replicas_have_not_received(spec: dict[str, Any], limit: int) -> None:
    assert memory_limit(three(**spec).spec) == limit * MIB


def test_limits_of_replicas_follow_from_the_memory_and_change_without_a_restart() -> None:
    live = json.loads(files()["live.json"])
    assert live["repl-backlog-size"] == str(32 * MIB)
    assert live["client-output-buffer-limit"].startswith(f"normal {64 * MIB} 0 0 slave {128 * MIB} 0 0 pubsub ")


@pytest.mark.parametrize(
    ("own", "limits"),
    [
        ("pubsub 1 1 60", f"normal {64 * MIB} 0 0 slave {128 * MIB} 0 0 pubsub 1 1 60"),
        ("replica 5 5 5 normal 1 2 3", f"normal 1 2 3 slave {128 * MIB} 0 0"),
        ("slave 5 5 5", f"normal {64 * MIB} 0 0 slave {128 * MIB} 0 0"),
        ("no such thing normal", f"normal slave {128 * MIB} 0 0 no such thing normal"),
    ],
)
def test_the_limit_of_replicas_is_not_the_users(own: str, limits: str) -> None:
    found = config_map.build(topology(three(config={"client-output-buffer-limit": own})))["data"]["live.json"]
    assert json.loads(found)["client-output-buffer-limit"] == limits


@pytest.mark.parametrize("spec", [{"maxmemory": "256Mi"}, {"persistence": "rdb"}, {"config": {"hz": "50"}}, {"tls": {"mode": "Managed"}}])
def test_what_can_change_while_members_run_restarts_none(spec: dict[str, Any]) -> None:
    assert pod_template(three(**spec))["metadata"]["annotations"] == pod_template(three())["metadata"]["annotations"]


def test_an_address_restarts_none() -> None:
    found = topology(three())
    other = MemberAddress(name="my-cache-0", host="10.96.9.9", redis_port=6379, sentinel_port=26379)
    moved = replace(found, members=(replace(found.members[0], address=other), *found.members[1:]))
    assert config_map.build(moved) != config_map.build(found)
