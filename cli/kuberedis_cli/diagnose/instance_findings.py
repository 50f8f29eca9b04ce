"""What is wrong with an instance: its conditions, pods, volumes and the way to it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kuberedis_cli.cluster.instances import condition
from kuberedis_cli.cluster.pod import member_names
from kuberedis_cli.cluster.scope import namespaces_of
from kuberedis_cli.diagnose.cluster_findings import ClusterSeen, is_default
from kuberedis_cli.diagnose.findings import Finding, Seen
from kuberedis_cli.diagnose.route_findings import Answer, route_findings
from kuberedis_core.body import Body
from kuberedis_core.crd.conditions import PASSING, is_as_wanted
from kuberedis_core.crd.names import claim_name
from kuberedis_dashboard.views.advice import DELETING, NO_OPERATOR, OUTDATED, advice


@dataclass(frozen=True)
class InstanceSeen:
    """An instance, as far as the user may look at it; pods and claims by their names."""

    body: Body
    pods: Seen[dict[str, Body]]
    claims: Seen[dict[str, Body]]
    answer: Answer | None
    """None if it has no URL."""


def instance_findings(seen: InstanceSeen, cluster: ClusterSeen) -> Iterator[Finding]:
    """What is to be said of an instance."""
    body, name = seen.body, seen.body["metadata"]["name"]
    yield from _watched(body, cluster)
    yield from _conditions(body)
    yield from _class(body, cluster.storage_classes)
    yield from seen.pods.unknown("the pods")
    if seen.pods.value is not None:
        for pod in member_names(body):
            yield from _pod(pod, seen.pods.value.get(pod), body["metadata"]["namespace"])
    yield from seen.claims.unknown("the volumes")
    if seen.claims.value is not None and body["spec"].get("persistence") != "none":
        for ordinal in range(body["spec"].get("replicas", 1)):
            yield from _claim(claim_name(name, ordinal), seen.claims.value.get(claim_name(name, ordinal)), body["metadata"]["namespace"])
    past = f"`kuberedis proxy {name}` goes past the route: if it answers there, look at the ingress controller, DNS and firewalls"
    is_ready = condition(body, "Ready").get("status") == "True"
    yield from route_findings(name, body.get("status", {}).get("url", ""), seen.answer, past, is_ready=is_ready)


def _watched(body: Body, cluster: ClusterSeen) -> Iterator[Finding]:
    namespaces, namespace = namespaces_of(cluster.operator.value), body["metadata"]["namespace"]
    if namespaces and namespace not in namespaces:
        yield Finding(
            "problem",
            f"the operator looks after {', '.join(namespaces)} and not after the namespace {namespace}",
            f"kuberedis install --watch-namespace {' --watch-namespace '.join([*namespaces, namespace])}",
        )


def _conditions(body: Body) -> Iterator[Finding]:
    metadata, status = body["metadata"], body.get("status", {})
    name, conditions = metadata["name"], status.get("conditions", ())
    if metadata.get("deletionTimestamp"):
        yield Finding("problem", f"{name} is being deleted", DELETING)
    if body["spec"].get("paused"):
        yield Finding("note", f"{name} is paused: the operator leaves it alone", f"kuberedis set {name} paused=false")
    if not conditions:
        yield Finding("problem", f"{name} has no conditions", NO_OPERATOR)
        return
    if condition(body, "Ready").get("observedGeneration", metadata.get("generation")) != metadata.get("generation"):
        yield Finding("note", f"the operator has not seen the last change of {name}", OUTDATED)
    wrong = [each for each in conditions if not is_as_wanted(each["type"], each["status"])]
    wrong.sort(key=lambda each: each["type"] != "Ready")  # whether it serves is what somebody wants to know first
    for each in wrong:
        level = "note" if each["type"] in PASSING else "problem"
        text = f"{name} is {'not ' if each['status'] != 'True' else ''}{each['type']}: {each.get('message', '')} ({each.get('reason', '')})"
        yield Finding(level, text, advice(each.get("reason", "")))  # type: ignore[arg-type]
    if not any(each["type"] not in PASSING for each in wrong):
        yield Finding("ok", f"all conditions of {name} are as they should be")


def _class(body: Body, classes: Seen[Sequence[Body]]) -> Iterator[Finding]:
    if classes.value is None or body["spec"].get("persistence") == "none":
        return
    wanted, names = body["spec"].get("storageClassName"), [each["metadata"]["name"] for each in classes.value]
    if wanted and wanted not in names:
        yield Finding(
            "problem", f"there is no StorageClass {wanted} (there is {', '.join(names[:5]) or 'none'})", "create it, or the instance anew"
        )
    elif not wanted and names and not any(map(is_default, classes.value)):
        yield Finding("problem", "the instance names no StorageClass, and none is the default one", "see above")


def _pod(name: str, pod: Body | None, namespace: str) -> Iterator[Finding]:
    if pod is None:
        yield Finding("problem", f"there is no pod {name}", f"kubectl -n {namespace} describe statefulset")
        return
    status = pod.get("status", {})
    if not status.get("containerStatuses"):
        reason = next((each.get("message", "") for each in status.get("conditions", ()) if each.get("status") == "False"), "")
        yield Finding(
            "problem", f"pod {name} is {status.get('phase', 'Unknown')} {reason}".rstrip(), f"kubectl -n {namespace} describe pod {name}"
        )
        return
    is_good = True
    for each in status["containerStatuses"]:
        for text in _container(each):
            is_good = False
            has_begun = each.get("restartCount") or "waiting" not in (each.get("state") or {})
            logs = f"kubectl -n {namespace} logs {name} -c {each['name']}{' --previous' if each.get('restartCount') else ''}"
            look = logs if has_begun else f"kubectl -n {namespace} describe pod {name}"
            yield Finding("problem" if not each.get("ready") else "note", f"pod {name}, container {each['name']}: {text}", look)
    if is_good:
        yield Finding("ok", f"pod {name} runs")


def _container(status: dict[str, Any]) -> Iterator[str]:
    end = (status.get("lastState") or {}).get("terminated") or {}
    count = status.get("restartCount", 0)
    restarts = f"it restarted {count} time{'s' if count > 1 else ''}, at last for {end.get('reason', 'an unknown reason')}"
    if not status.get("ready"):
        waiting = (status.get("state") or {}).get("waiting") or {}
        yield f"not ready{': ' + waiting['reason'] if waiting.get('reason') else ''}{', ' + restarts if count else ''}"
    elif count:
        yield restarts


def _claim(name: str, claim: Body | None, namespace: str) -> Iterator[Finding]:
    if claim is None:
        yield Finding("problem", f"there is no volume claim {name}", f"kubectl -n {namespace} get events")
    elif (phase := claim.get("status", {}).get("phase")) != "Bound":
        yield Finding("problem", f"the volume claim {name} is {phase}", f"kubectl -n {namespace} describe pvc {name}")
    else:
        yield Finding("ok", f"the volume claim {name} is bound")
