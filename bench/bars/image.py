"""The size that the sidecar's image adds to its base image."""

import os
import time
from functools import partial

from bench.cluster_stage import ClusterStage
from bench.errors import BenchError
from bench.ground import NAMESPACE
from bench.kube import Arrivals
from bench.measure import Bar, Case, Label, Results, Sample, Verdict
from kuberedis_operator.resources.kinds import POD

NAME = "image"
TITLE = "Size of the sidecar's image, unpacked"
_BEYOND = "MB beyond its base"
_MOST_MB = 120.0
_LONGEST_SECONDS = 120.0
_LABEL = Label(NAME, "unpacked", "sidecar")


def bar(stage: ClusterStage) -> Bar:
    """The files are counted in a container of each image."""
    return Bar(NAME, TITLE, [Case(_LABEL, partial(_run, stage), once=True)], _judge)


def _run(stage: ClusterStage) -> Sample:
    base = _megabytes(stage, os.environ.get("PYTHON_IMAGE", "docker.io/library/python:3.13-slim"))
    whole = _megabytes(stage, os.environ.get("KUBEREDIS_SIDECAR_IMAGE", ""))
    return {"MB": whole, _BEYOND: whole - base}


def _megabytes(stage: ClusterStage, image: str) -> float:
    """The size of an image's files in MB."""
    if not image:
        raise BenchError("KUBEREDIS_SIDECAR_IMAGE is not set; set it as for the operator")
    name = f"size-{time.time_ns()}"
    count = {
        "name": "du",
        "image": image,
        "command": ["sh", "-c", "du --summarize --one-file-system --bytes / > /dev/termination-log"],
        "securityContext": {"runAsUser": 0},
    }
    pod = {
        "apiVersion": POD.api_version,
        "kind": POD.kind,
        "metadata": {"name": name},
        "spec": {"restartPolicy": "Never", "automountServiceAccountToken": False, "containers": [count]},
    }
    arrivals = Arrivals()
    with stage.kube.watch(POD.path(NAMESPACE), arrivals.put):
        stage.kube.create(POD.path(NAMESPACE), pod)
        ended = arrivals.first(
            lambda seen: seen.name == name and seen.body["status"].get("phase") in ("Succeeded", "Failed"),
            _LONGEST_SECONDS,
            f"a container of image {image}",
        )
    message = ended.body["status"]["containerStatuses"][0]["state"]["terminated"].get("message", "")
    if not message:
        raise BenchError(f"the files of image {image} could not be counted")
    return int(message.split()[0]) / 1e6


def _judge(results: Results) -> list[Verdict]:
    beyond = results.spread(_LABEL, _BEYOND).median
    return [Verdict(NAME, "unpacked, beyond its base", f"≤ {_MOST_MB:g} MB", f"{beyond:.1f} MB", beyond <= _MOST_MB)]
