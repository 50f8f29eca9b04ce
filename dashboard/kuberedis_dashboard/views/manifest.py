"""An object as YAML, to be read and to be applied again."""

from __future__ import annotations

import yaml

from kuberedis_core.body import Body


def as_yaml(body: Body) -> str:
    """The object without what the API server notes about its writers. Letters that cannot be printed are escaped."""
    metadata = {name: value for name, value in body["metadata"].items() if name != "managedFields"}
    return yaml.safe_dump({**body, "metadata": metadata}, sort_keys=False, width=120)
