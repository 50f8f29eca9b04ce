"""Manifests for the tests."""

from pathlib import Path

import yaml


def manifest(name: str, **spec: object) -> str:
    """The text of a manifest; its capacity is 1Gi by default."""
    return yaml.safe_dump(
        {
            "apiVersion": "cache.yourcompany.com/v1alpha1",
            "kind": "RedisHttpInstance",
            "metadata": {"name": name},
            "spec": {"capacity": "1Gi", **spec},
        }
    )


def write(path: Path, name: str, **spec: object) -> Path:
    """Write a manifest as an editor does: the file appears at once, complete."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.write_text(manifest(name, **spec))
    return unfinished.rename(path)
