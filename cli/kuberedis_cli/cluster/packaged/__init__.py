"""The manifests that come with this package: config/crd.yaml and config/operator-deployment.yaml of the repository.

In the repository they are links beside this module; a wheel holds what the links lead to.
"""

from importlib.resources import files
from typing import Any

import yaml

_FOLDER = files(__name__)


def custom_resource() -> list[dict[str, Any]]:
    """The CustomResourceDefinition."""
    return _documents("crd.yaml")


def operator() -> list[dict[str, Any]]:
    """The operator and what it needs, in the order in which they are to be made."""
    return _documents("operator-deployment.yaml")


def _documents(name: str) -> list[dict[str, Any]]:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return [document for document in yaml.safe_load_all(text) if document is not None]
