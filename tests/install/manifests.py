"""The manifests in config/, parsed."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"

Objects = dict[tuple[str, str, str], dict[str, Any]]


def objects(text: str) -> Objects:
    """Objects of a YAML text by kind, namespace and name."""
    documents = [document for document in yaml.safe_load_all(text) if document]
    keyed = {
        (document["kind"], document["metadata"].get("namespace", ""), document["metadata"]["name"]): document for document in documents
    }
    assert len(keyed) == len(documents), "an object is there twice"
    return keyed


def installed() -> Objects:
    """The objects that `kubectl apply -f config/` applies."""
    return {key: body for path in sorted(CONFIG.glob("*.yaml")) for key, body in objects(path.read_text()).items()}


def deployment() -> dict[str, Any]:
    """The Deployment of the operator."""
    return installed()["Deployment", "kuberedis-system", "kuberedis-operator"]
