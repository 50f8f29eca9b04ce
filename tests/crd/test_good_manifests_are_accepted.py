"""`kubectl apply` takes what works, and fills in what a manifest leaves out."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from kuberedis_core.crd.spec import Instance
from kuberedis_operator.resources import render
from kuberedis_operator.settings import OperatorSettings
from tests.cli.manifest_files import manifest
from tests.crd.conftest import CONFIG
from tests.harness.kubectl import Kubectl

SPECS: dict[str, dict[str, object]] = {
    "bytes as a number": {"capacity": 1073741824},
    "a fraction": {"capacity": "1.5Gi"},
    "powers of ten": {"capacity": "1e9"},
    "the smallest": {"capacity": "4Mi"},
    "all of the capacity as memory": {"maxmemory": "1024Mi"},
    "Redis 7.2": {"version": "7.2"},
    "a Redis to the last number": {"version": "8.2.1"},
    "the newest Redis 7": {"version": "7"},
    "a Redis of the future": {"version": "10.0"},
    "the first Valkey": {"version": "valkey-7.2"},
    "Valkey": {"version": "valkey-9"},
    "an image of a registry with a port": {"image": "registry.example.com:5000/team/redis:8.2.1-bookworm"},
    "an image by its digest": {"image": f"redis@sha256:{'0' * 64}"},
    "settings": {"config": {"appendfsync": "always", "hz": "20", "notify-keyspace-events": "", "maxmemory-clients": "10%"}},
    "no ingress": {"ingress": {"enabled": False}},
    "a route of a gateway": {"routing": "HTTPRoute"},
    "a host of one label": {"ingress": {"host": "localhost"}},
    "no network policy": {"networkPolicy": {"enabled": False}},
    "a container that is as large as it needs": {"resources": {"redis": {"limits": {"memory": "600Mi", "cpu": 2}}}},
    "labels and annotations": {
        "podTemplate": {"labels": {"team": "", "app.kubernetes.io/version": "2"}, "annotations": {"sidecar.istio.io/inject": "true"}}
    },
    "a place": {
        "podTemplate": {
            "nodeSelector": {"kubernetes.io/arch": "amd64"},
            "affinity": {
                "nodeAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 1, "preference": {"matchExpressions": [{"key": "generation", "operator": "Gt", "values": ["3"]}]}}
                    ]
                },
                "podAntiAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [
                        {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "database"}}}
                    ]
                },
            },
            "tolerations": [{"operator": "Exists"}, {"key": "spot", "effect": "NoExecute", "tolerationSeconds": 60}],
            "priorityClassName": "system-node-critical",
            "imagePullSecrets": [{"name": "registry.example.com"}],
        }
    },
    "pages of two origins": {"limits": {"corsOrigins": ["https://app.example.com", "http://localhost:5173"]}},
    "pages of all origins": {"limits": {"corsOrigins": ["*"]}},
}


@pytest.mark.parametrize("sample", sorted((CONFIG / "samples").iterdir()), ids=lambda path: path.name)
def test_sample_is_accepted(kubectl: Kubectl, sample: Path) -> None:
    accept(kubectl, sample.read_text())


@pytest.mark.parametrize("case", SPECS)
def test_spec_is_accepted(kubectl: Kubectl, case: str) -> None:
    accept(kubectl, manifest("my-cache", **SPECS[case]))


def test_name_of_fifty_characters_is_accepted(kubectl: Kubectl) -> None:
    accept(kubectl, manifest("a" * 50))


def test_spec_that_says_only_a_capacity_has_the_defaults(kubectl: Kubectl) -> None:
    assert accept(kubectl, manifest("my-cache"))["spec"] == {
        "capacity": "1Gi",
        "evictionPolicy": "noeviction",
        "persistence": "aof",
        "ingress": {"enabled": True},
        "networkPolicy": {"enabled": True},
        "deletionPolicy": "Retain",
        "paused": False,
    }


@pytest.mark.parametrize("case", SPECS)
def test_operator_can_render_what_is_accepted(kubectl: Kubectl, case: str) -> None:
    settings = OperatorSettings.from_environ({"KUBEREDIS_SIDECAR_IMAGE": "sidecar:1", "KUBEREDIS_GATEWAY": "gateways/shared"})
    instance = Instance.from_body(accept(kubectl, manifest("my-cache", **SPECS[case])))
    children = "\n---\n".join(yaml.safe_dump(child.body) for child in render(instance, settings))
    applied = kubectl.apply(children, "--dry-run=server")
    assert applied.returncode == 0, applied.stderr


def accept(kubectl: Kubectl, manifest: str) -> dict[str, Any]:
    """The instance as the API server would keep it."""
    result = kubectl.apply(manifest, "--dry-run=server", "--output", "json")
    assert result.returncode == 0, result.stderr
    assert not result.stderr, "a warning is an error"
    instance: dict[str, Any] = yaml.safe_load(result.stdout)
    return instance
