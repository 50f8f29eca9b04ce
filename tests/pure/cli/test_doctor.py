"""`kuberedis doctor`: from what is seen of a cluster and an instance to what is said of it."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from kuberedis_cli.cluster import packaged
from kuberedis_cli.diagnose.cluster_findings import ClusterSeen, cluster_findings
from kuberedis_cli.diagnose.findings import Finding, Seen, is_healthy
from kuberedis_cli.diagnose.instance_findings import InstanceSeen, instance_findings
from kuberedis_cli.diagnose.route_findings import Answer

[DEFINITION] = packaged.custom_resource()
ESTABLISHED: dict[str, Any] = {**DEFINITION, "status": {"conditions": [{"type": "Established", "status": "True"}]}}
DEPLOYMENT: dict[str, Any] = {
    **next(each for each in packaged.operator() if each["kind"] == "Deployment"),
    "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1},
}
DEPLOYMENT["metadata"] = {**DEPLOYMENT["metadata"], "generation": 1}
[VERSION] = {each["image"].rpartition(":")[2] for each in DEPLOYMENT["spec"]["template"]["spec"]["containers"]}


def with_settings(**variables: str) -> dict[str, Any]:
    """The operator's Deployment with more variables."""
    found = deepcopy(DEPLOYMENT)
    found["spec"]["template"]["spec"]["containers"][0]["env"] += [{"name": name, "value": value} for name, value in variables.items()]
    return found


def a_class(name: str, kind: str = "", default: bool = False) -> dict[str, Any]:
    annotations = {f"{kind}.kubernetes.io/is-default-class": "true"} if default else {}
    return {"metadata": {"name": name, "annotations": annotations}}


CLUSTER = ClusterSeen(
    server="https://203.0.113.7:6443",
    version="v1.34.0",
    clock_ahead_seconds=0.4,
    definition=Seen(ESTABLISHED),
    operator=Seen(with_settings(KUBEREDIS_INGRESS_NAMESPACES="ingress")),
    storage_classes=Seen([a_class("fast", "storageclass", default=True)]),
    ingress_classes=Seen([a_class("traefik", "ingressclass", default=True)]),
)
CONDITIONS: list[dict[str, Any]] = [
    {"type": "Ready", "status": "True", "reason": "Serving", "message": "serving", "observedGeneration": 1},
    {"type": "Degraded", "status": "False", "reason": "AsExpected", "message": ""},
]
BODY: dict[str, Any] = {
    "metadata": {"name": "cache", "namespace": "team", "generation": 1},
    "spec": {"capacity": "1Gi"},
    "status": {"conditions": CONDITIONS, "url": "https://redis.example.com/instances/cache"},
}
POD: dict[str, Any] = {"status": {"phase": "Running", "containerStatuses": [{"name": "redis", "ready": True, "restartCount": 0}]}}
BOUND: dict[str, Any] = {"status": {"phase": "Bound"}}
INSTANCE = InstanceSeen(BODY, Seen({"cache-0": POD}), Seen({"data-cache-0": BOUND}), Answer(401, "cache"))


def wrong(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.level, finding.text, finding.advice) for finding in findings if finding.level != "ok"]


def in_cluster(seen: ClusterSeen) -> list[Finding]:
    return list(cluster_findings(seen, DEFINITION, VERSION))


def test_nothing_is_wrong_where_all_is_well() -> None:
    found = [*in_cluster(CLUSTER), *instance_findings(INSTANCE, CLUSTER)]
    assert wrong(found) == []
    assert is_healthy(found)
    assert [finding.text for finding in found] == [
        "the API server https://203.0.113.7:6443 answers (Kubernetes v1.34.0)",
        "the clock of this machine agrees with that of the API server",
        "the custom resource redishttpinstances.cache.yourcompany.com is installed",
        "the operator is available (deployment/kuberedis-operator -n kuberedis-system)",
        "volumes are of the StorageClass fast by default",
        "routes are of the IngressClass traefik",
        "all conditions of cache are as they should be",
        "pod cache-0 runs",
        "the volume claim data-cache-0 is bound",
        "https://redis.example.com/instances/cache answers",
    ]


def older_definition() -> dict[str, Any]:
    found = deepcopy(ESTABLISHED)
    for version in found["spec"]["versions"]:
        del version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["accessLog"]
    return found


@pytest.mark.parametrize(
    ("change", "level", "text", "advice"),
    [
        ({"clock_ahead_seconds": 125.0}, "problem", "2m ahead of that of the API server, so tokens minted here are refused", "timedatectl"),
        ({"clock_ahead_seconds": -90.0}, "problem", "1m behind that of the API server, so tokens minted here expire early", "timedatectl"),
        ({"definition": Seen()}, "problem", "this cluster has no custom resource", "kuberedis install"),
        ({"definition": Seen(DEFINITION)}, "problem", "is not served", "kubectl describe crd"),
        ({"definition": Seen(older_definition())}, "problem", "is older than this command: it has no spec.accessLog", "kuberedis install"),
        ({"definition": Seen(refusal="no right")}, "note", "not known, for no right", ""),
        ({"operator": Seen()}, "problem", "no operator is installed", "kuberedis install"),
        ({"storage_classes": Seen([])}, "problem", "there is no StorageClass", "persistence=none"),
        ({"storage_classes": Seen([a_class("slow")])}, "note", "(there is slow)", "kubectl annotate storageclass slow"),
        ({"ingress_classes": Seen([])}, "note", "there is no IngressClass", "kuberedis proxy NAME"),
        ({"ingress_classes": Seen([a_class("nginx")])}, "note", "no IngressClass is the default", "KUBEREDIS_INGRESS_CLASS=nginx"),
        (
            {"operator": Seen(with_settings(KUBEREDIS_INGRESS_CLASS="gone", KUBEREDIS_INGRESS_NAMESPACES="x"))},
            "problem",
            "no IngressClass gone",
            "KUBEREDIS_INGRESS_CLASS=traefik",
        ),
        (
            {"operator": Seen(with_settings(KUBEREDIS_INGRESS_NAMESPACES="x", KUBEREDIS_POD_USER="me"))},
            "problem",
            "a setting of the operator does not fit: KUBEREDIS_POD_USER",
            "NAME=VALUE",
        ),
        ({"operator": Seen(with_settings())}, "note", "keep requests from outside away", "KUBEREDIS_INGRESS_NAMESPACES="),
        (
            {"operator": Seen({**with_settings(KUBEREDIS_INGRESS_NAMESPACES="x"), "status": {}})},
            "problem",
            "the operator is not available",
            "kubectl logs deployment/kuberedis-operator",
        ),
    ],
    ids=range(15),
)
def test_what_is_wrong_with_a_cluster_is_said_with_what_helps(change: dict[str, Any], level: str, text: str, advice: str) -> None:
    [(found_level, found_text, found_advice)] = wrong(in_cluster(replace(CLUSTER, **change)))
    assert found_level == level
    assert text in found_text
    assert advice in found_advice


def test_an_operator_of_another_version_is_noted() -> None:
    [(level, text, advice)] = wrong(cluster_findings(CLUSTER, DEFINITION, "99.0.0"))
    assert (level, advice) == ("note", "kuberedis install --wait")
    assert text.endswith("and this command is of version 99.0.0")


def changed(**members: Any) -> dict[str, Any]:
    """The instance with other members; those of metadata, spec and status are added to its own."""
    return {**BODY, **{name: BODY[name] | value for name, value in members.items()}}


def with_container(**members: Any) -> Seen[dict[str, dict[str, Any]]]:
    [container] = POD["status"]["containerStatuses"]
    return Seen({"cache-0": {"status": {"phase": "Running", "containerStatuses": [container | members]}}})


DEGRADED = {"type": "Degraded", "status": "True", "reason": "OutOfMemory", "message": "redis was killed"}
NOT_READY = {**CONDITIONS[0], "status": "False", "reason": "PodNotReady", "message": "waits"}
OOM = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}


@pytest.mark.parametrize(
    ("change", "level", "text", "advice"),
    [
        ({"body": changed(status={"conditions": []})}, "problem", "cache has no conditions", "The operator has written nothing"),
        ({"body": changed(metadata={"deletionTimestamp": "x"})}, "problem", "is being deleted", "finalizer"),
        ({"body": changed(metadata={"generation": 2})}, "note", "has not seen the last change", "operator"),
        ({"body": changed(spec={"paused": True})}, "note", "is paused", "kuberedis set cache paused=false"),
        ({"body": changed(spec={"storageClassName": "gone"})}, "problem", "there is no StorageClass gone (there is fast)", "create it"),
        (
            {"body": changed(status={"conditions": [CONDITIONS[0], DEGRADED]})},
            "problem",
            "cache is Degraded: redis was killed (OutOfMemory)",
            "Raise spec.resources",
        ),
        ({"body": changed(status={"conditions": [NOT_READY]})}, "problem", "cache is not Ready: waits (PodNotReady)", "Wait for a minute"),
        ({"pods": Seen({})}, "problem", "there is no pod cache-0", "kubectl -n team"),
        ({"pods": Seen(refusal="pods is forbidden")}, "note", "the pods: not known, for pods is forbidden", ""),
        ({"pods": Seen({"cache-0": {"status": {"phase": "Pending"}}})}, "problem", "pod cache-0 is Pending", "describe pod cache-0"),
        (
            {"pods": with_container(ready=False, state={"waiting": {"reason": "CrashLoopBackOff"}}, restartCount=3, lastState=OOM)},
            "problem",
            "container redis: not ready: CrashLoopBackOff, it restarted 3 times, at last for OOMKilled",
            "kubectl -n team logs cache-0 -c redis --previous",
        ),
        (
            {"pods": with_container(ready=False, state={"waiting": {"reason": "ImagePullBackOff"}})},
            "problem",
            "container redis: not ready: ImagePullBackOff",
            "kubectl -n team describe pod cache-0",
        ),
        ({"pods": with_container(restartCount=1, lastState=OOM)}, "note", "it restarted 1 time, at last", "--previous"),
        ({"claims": Seen({})}, "problem", "there is no volume claim data-cache-0", "kubectl -n team get events"),
        ({"claims": Seen({"data-cache-0": {"status": {"phase": "Pending"}}})}, "problem", "data-cache-0 is Pending", "describe pvc"),
        ({"answer": None}, "note", "cache has no URL", "kuberedis proxy cache"),
        ({"answer": Answer(None, error="Connection refused")}, "problem", "does not answer: Connection refused", "kuberedis proxy cache"),
        ({"answer": Answer(404)}, "problem", "leads to something else than an instance (status 404)", "ingress controller"),
        ({"answer": Answer(401, "other")}, "problem", "leads to the instance other (status 401)", "ingress controller"),
        ({"answer": Answer(401, "cache", clock_ahead_seconds=-3700)}, "problem", "1h behind that of the instance", "timedatectl"),
    ],
    ids=range(20),
)
def test_what_is_wrong_with_an_instance_is_said_with_what_helps(change: dict[str, Any], level: str, text: str, advice: str) -> None:
    [(found_level, found_text, found_advice)] = wrong(instance_findings(replace(INSTANCE, **change), CLUSTER))
    assert found_level == level
    assert text in found_text
    assert advice in found_advice


@pytest.mark.parametrize(
    ("answer", "level", "text"),
    [
        (Answer(503), "note", "answers with status 503, for cache is not ready"),
        (Answer(None, error="Connection refused"), "note", "does not answer, for cache is not ready"),
        (Answer(401, "other"), "problem", "leads to the instance other (status 401)"),
    ],
)
def test_that_an_instance_is_not_ready_is_said_before_what_its_route_leads_to(answer: Answer, level: str, text: str) -> None:
    seen = replace(INSTANCE, body=changed(status={"conditions": [DEGRADED, NOT_READY]}), answer=answer)
    first, *_, last = wrong(instance_findings(seen, CLUSTER))
    assert first[:2] == ("problem", "cache is not Ready: waits (PodNotReady)")
    assert (last[0], last[1].partition(" ")[2]) == (level, text)


def test_an_instance_in_a_namespace_that_nobody_watches_is_told() -> None:
    cluster = replace(CLUSTER, operator=Seen(with_settings(KUBEREDIS_NAMESPACES="one,two")))
    [(level, text, advice)] = wrong(instance_findings(INSTANCE, cluster))
    assert (level, text) == ("problem", "the operator looks after one, two and not after the namespace team")
    assert advice == "kuberedis install --watch-namespace one --watch-namespace two --watch-namespace team"
