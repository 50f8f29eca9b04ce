"""`kubectl explain` describes every field, and `kubectl get` shows the state of an instance."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.cli.manifest_files import manifest
from tests.crd.conftest import CONFIG
from tests.harness.kubectl import Kubectl

CRD = yaml.safe_load((CONFIG / "crd.yaml").read_text())
SCHEMA = CRD["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def parents(schema: dict[str, Any], path: str) -> Iterator[str]:
    """The paths of all fields that have fields of their own."""
    schema = schema.get("items", schema)
    fields = schema.get("properties", {})
    if fields:
        yield path
    for name, field in fields.items():
        if name != "metadata":
            yield from parents(field, f"{path}.{name}")


def undescribed(schema: dict[str, Any], path: str) -> Iterator[str]:
    """The paths of all parts of a schema that have no description."""
    if not schema.get("description"):
        yield path
    for name, field in schema.get("properties", {}).items():
        yield from undescribed(field, f"{path}.{name}")
    for part in ("items", "additionalProperties"):
        if part in schema:
            yield from undescribed(schema[part], f"{path}.{part}")


def test_nothing_is_without_a_description() -> None:
    assert list(undescribed({**SCHEMA, "properties": {name: SCHEMA["properties"][name] for name in ("spec", "status")}}, "rhi")) == []
    assert all(column.get("description") for column in CRD["spec"]["versions"][0]["additionalPrinterColumns"])


@pytest.mark.parametrize("path", list(parents(SCHEMA, "rhi")))
def test_explain_describes_every_field(kubectl: Kubectl, path: str) -> None:
    text = kubectl.out("explain", path)
    assert "<no description>" not in text
    assert "<empty>" not in text
    assert re.search(r"^DESCRIPTION:\n    \S", text, re.MULTILINE)


def test_get_shows_what_a_person_asks_first(kubectl: Kubectl) -> None:
    assert kubectl.apply(manifest("shown")).returncode == 0
    try:
        status = {
            "url": "https://redis.example.com/instances/shown",
            "capacity": "1Gi",
            "version": "8",
            "maxmemory": "512Mi",
            "primary": "shown-1",
            "inSyncReplicas": 2,
            "conditions": [
                {
                    "type": "Ready",
                    "status": "True",
                    "reason": "Serving",
                    "message": "it serves",
                    "lastTransitionTime": "2026-01-01T00:00:00Z",
                }
            ],
        }
        kubectl.out("patch", "rhi", "shown", "--subresource=status", "--type=merge", "--patch", yaml.safe_dump({"status": status}))
        title, row = kubectl.out("get", "rhi", "shown").splitlines()
        wide_title, wide_row = kubectl.out("get", "rhi", "shown", "--output", "wide").splitlines()
    finally:
        kubectl.out("delete", "rhi", "shown", "--wait=false")
    assert title.split() == "NAME READY URL CAPACITY VERSION PRIMARY IN-SYNC AGE".split()
    assert row.split()[:-1] == ["shown", "True", status["url"], "1Gi", "8", "shown-1", "2"]
    assert wide_title.split()[8:] == "REASON MESSAGE MAXMEMORY EVICTION PERSISTENCE".split()
    assert wide_row.split()[8:] == "Serving it serves 512Mi noeviction aof".split()
