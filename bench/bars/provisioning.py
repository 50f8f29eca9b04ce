"""The time from `kubectl apply` to the first response through the ingress, broken down by steps.

Watches on all objects of the instance give the time of each step in milliseconds; the timestamps in the objects have only seconds.
"""

import base64
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial

import httpx

from bench import population, tools
from bench.cluster_stage import ClusterStage
from bench.errors import BenchError
from bench.ground import NAMESPACE
from bench.kube import Arrivals, Body, Sighting
from bench.measure import Bar, Case, Label, Results, Sample, Verdict
from kuberedis_core.crd.names import claim_name, http_service_name, pod_name, secret_name
from kuberedis_operator.resources.kinds import CLAIM, CORE_EVENT, INSTANCE, POD, SECRET, STATEFUL_SET

NAME = "provisioning"
TITLE = "From kubectl apply to the first 200 through the ingress"
TOOLS = ["kubectl"]
_TOTAL = "first 200 s"
_MOST_SECONDS = 8.0
_LONGEST_SECONDS = 120.0
_POLL_SECONDS = 0.02

_SLICES = f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"
_SERVICE_LABEL = "kubernetes.io/service-name"
_WATCHED = (*(kind.path(NAMESPACE) for kind in (INSTANCE, SECRET, STATEFUL_SET, CLAIM, POD, CORE_EVENT)), _SLICES)

_VOLUME = Label(NAME, "with a volume", "operator")
_NO_VOLUME = Label(NAME, "without a volume", "operator")


@dataclass(frozen=True)
class _Step:
    """A step: the watch that shows it, and the condition that it was reached. `figure` names the time from the previous one."""

    figure: str
    path: str
    reached: Callable[[str, Body], bool]


def _condition(kind: str) -> Callable[[str, Body], bool]:
    def reached(name: str, body: Body) -> bool:
        conditions = body.get("status", {}).get("conditions", ())
        own = body["metadata"]["name"] == pod_name(name)
        return own and any(each["type"] == kind and each["status"] == "True" for each in conditions)

    return reached


def _started(container: str) -> Callable[[str, Body], bool]:
    def reached(name: str, body: Body) -> bool:
        subject = body["involvedObject"]
        return (body["reason"], subject["name"], subject.get("fieldPath")) == ("Started", pod_name(name), f"spec.containers{{{container}}}")

    return reached


def _has_endpoint(name: str, body: Body) -> bool:
    is_own = body["metadata"].get("labels", {}).get(_SERVICE_LABEL) == http_service_name(name)
    return is_own and any(endpoint["conditions"].get("ready") for endpoint in body.get("endpoints") or ())


_STEPS = (
    _Step("kubectl s", INSTANCE.path(NAMESPACE), lambda name, body: body["metadata"]["name"] == name),
    _Step("operator s", STATEFUL_SET.path(NAMESPACE), lambda name, body: body["metadata"]["name"] == name),
    _Step("pod s", POD.path(NAMESPACE), lambda name, body: body["metadata"]["name"] == pod_name(name)),
    _Step(
        "volume s",
        CLAIM.path(NAMESPACE),
        lambda name, body: body["metadata"]["name"] == claim_name(name) and body.get("status", {}).get("phase") == "Bound",
    ),
    _Step("schedule s", POD.path(NAMESPACE), _condition("PodScheduled")),
    _Step("sandbox s", POD.path(NAMESPACE), _condition("PodReadyToStartContainers")),
    _Step("image, Redis s", CORE_EVENT.path(NAMESPACE), _started("redis")),
    _Step("image, sidecar s", CORE_EVENT.path(NAMESPACE), _started("sidecar")),
    _Step("ready s", POD.path(NAMESPACE), _condition("Ready")),
    _Step("endpoint s", _SLICES, _has_endpoint),
)


def bar(stage: ClusterStage) -> Bar:
    """A new instance in every round, after the previous one was deleted."""
    cases = [Case(label, partial(_run, stage, persistence)) for label, persistence in ((_VOLUME, "aof"), (_NO_VOLUME, "none"))]
    return Bar(NAME, TITLE, cases, _judge)


def _run(stage: ClusterStage, persistence: str) -> Sample:
    base_url = _base_url(stage)
    name = f"one-{time.time_ns()}"
    with _instance(stage, name, persistence) as timeline:
        _poll_until_success(f"{base_url}{name}", timeline.key())
        answered = time.perf_counter()
        return _durations(timeline.steps(), timeline.begun, answered)


@cache
def _base_url(stage: ClusterStage) -> str:
    """The part of instances' URLs before the name, from the status of a first instance that is not measured."""
    name = "first"
    with _instance(stage, name, "none") as timeline:
        # In order of arrival: waiting for an event drops the earlier ones.
        key, url = timeline.key(), timeline.url()
        _poll_until_success(url, key)
    return url.removesuffix(name)


class _Timeline:
    """The watch events of one instance."""

    def __init__(self, name: str, persistence: str) -> None:
        self._name = name
        self._steps = [step for step in _STEPS if persistence != "none" or step.path != CLAIM.path(NAMESPACE)]
        self._seen: list[Sighting] = []
        self._arrivals = Arrivals()
        self.begun = 0.0

    def take(self, sighting: Sighting) -> None:
        """Record a watch event."""
        self._seen.append(sighting)
        self._arrivals.put(sighting)

    def key(self) -> str:
        """The instance's key, as soon as its Secret exists."""
        found = self._first("its Secret", lambda seen: seen.path == SECRET.path(NAMESPACE) and seen.name == secret_name(self._name))
        return base64.b64decode(found.body["data"]["api_key"]).decode()

    def url(self) -> str:
        """The instance's URL, as soon as its status has it."""

        def has_url(seen: Sighting) -> bool:
            return seen.path == INSTANCE.path(NAMESPACE) and seen.name == self._name and bool(seen.body.get("status", {}).get("url"))

        return str(self._first("its URL", has_url).body["status"]["url"])

    def wait_until_gone(self) -> None:
        """Wait until its pod is deleted."""
        self._first("its pod to go", lambda seen: seen.event == "DELETED" and seen.body["metadata"]["name"] == pod_name(self._name))

    def steps(self) -> list[tuple[str, float]]:
        """When each step was reached, in order; one seen before its predecessor counts as reached at the same time."""
        reached, latest = [], self.begun
        for step in self._steps:
            latest = max(latest, self._reached(step))
            reached.append((step.figure, latest))
        return reached

    def _reached(self, step: _Step) -> float:
        for seen in self._seen:
            if seen.path == step.path and step.reached(self._name, seen.body):
                return seen.at
        # An Event may arrive later than the change that it reports.
        return self._first(f"step {step.figure!r}", lambda seen: seen.path == step.path and step.reached(self._name, seen.body)).at

    def _first(self, what: str, condition: Callable[[Sighting], bool]) -> Sighting:
        return self._arrivals.first(condition, _LONGEST_SECONDS, f"{self._name}, {what}")


@contextmanager
def _instance(stage: ClusterStage, name: str, persistence: str) -> Iterator[_Timeline]:
    """An instance that exists within the block, with a running operator."""
    stage.ensure_operator()
    timeline = _Timeline(name, persistence)
    manifest = json.dumps(population.instance(name, persistence=persistence))
    with ExitStack() as watches:
        for path in _WATCHED:
            watches.enter_context(stage.kube.watch(path, timeline.take))
        timeline.begun = time.perf_counter()
        applied = subprocess.run([tools.find("kubectl"), "apply", "-f", "-"], input=manifest, capture_output=True, text=True, check=False)
        if applied.returncode:
            raise BenchError(f"kubectl apply: {applied.stderr}")
        try:
            yield timeline
        finally:
            stage.kube.delete(INSTANCE.path(NAMESPACE, name))
        timeline.wait_until_gone()


def _poll_until_success(url: str, key: str) -> None:
    deadline = time.perf_counter() + _LONGEST_SECONDS
    answer = "nothing"
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, trust_env=False) as client:
        while time.perf_counter() < deadline:
            try:
                response = client.post(url, json=["PING"])
            except httpx.TransportError as error:
                answer = str(error)
            else:
                if response.is_success:
                    return
                answer = f"{response.status_code} {response.text[:200]}"
            time.sleep(_POLL_SECONDS)
    raise BenchError(f"{url} did not respond successfully within {_LONGEST_SECONDS:.0f} s; the last response was {answer}")


def _durations(steps: Sequence[tuple[str, float]], begun: float, answered: float) -> Sample:
    figures = {_TOTAL: answered - begun}
    for figure, reached in steps:
        figures[figure] = reached - begun
        begun = reached
    return {**figures, "ingress s": answered - begun}


def _judge(results: Results) -> list[Verdict]:
    found = results.spread(_VOLUME, _TOTAL)
    measured = f"{found.median:.2f} s ({found.low:.2f}–{found.high:.2f})"
    return [Verdict(NAME, f"{_VOLUME.work}: first 200", f"≤ {_MOST_SECONDS:g} s", measured, found.median <= _MOST_SECONDS)]
