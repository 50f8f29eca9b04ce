"""The text of a YAML file in, the instances that it describes out.

Pure: nothing here reads a file or knows of a process. The reader of each manifest is the operator's own, so what runs here is what
`kubectl apply` takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kuberedis_cli.errors import ManifestError
from kuberedis_core.crd.kind import API_VERSION, KIND
from kuberedis_core.crd.manifest import Manifest, is_instance, read_manifest
from kuberedis_core.crd.object_reader import InvalidSpec
from kuberedis_core.crd.spec import InstanceSpec

FOLLOWED = frozenset("capacity maxmemory evictionPolicy persistence config limits replicas failover".split())
"""Fields of a spec that say something about processes; the others are about a cluster."""


@dataclass(frozen=True)
class LocalInstance:
    """One instance as its manifest in the file `source` describes it."""

    name: str
    spec: InstanceSpec
    source: Path


@dataclass(frozen=True)
class ManifestFile:
    """The instances of one file, and remarks on what has no effect here."""

    instances: tuple[LocalInstance, ...]
    notes: tuple[str, ...]


def parse(text: str, source: Path) -> ManifestFile:
    """Read the text of a file with any number of YAML documents. Documents of other kinds are skipped with a note.

    Args:
        text: Content of the file.
        source: Path of the file, for messages.

    Raises:
        ManifestError: The first thing that is wrong.
    """
    notes: list[str] = []
    instances: list[LocalInstance] = []
    for document in _documents(text, source):
        if not isinstance(document, dict) or not {"apiVersion", "kind"} <= document.keys():
            raise ManifestError(f"{source}: not a manifest; it must have apiVersion: {API_VERSION} and kind: {KIND}")
        if not is_instance(document):
            notes.append(f"{source}: skipped a {document['kind']}; only a {KIND} runs here")
            continue
        try:
            manifest = read_manifest(document)
        except InvalidSpec as error:
            raise ManifestError(f"{source}: {error}") from None
        instances.append(LocalInstance(manifest.name, manifest.spec, source))
        notes.extend(_without_effect(manifest, source))
    return ManifestFile(tuple(instances), tuple(notes))


def _documents(text: str, source: Path) -> list[Any]:
    try:
        return [document for document in yaml.safe_load_all(text) if document is not None]
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date or a number that does not exist
        raise ManifestError(f"{source}: not YAML: {_yaml_problem(error)}") from None


def _yaml_problem(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return str(error).splitlines()[0]


def _without_effect(manifest: Manifest, source: Path) -> list[str]:
    """One line that names the fields of a manifest that are about a cluster; none if it has no such field."""
    fields = [field for field in manifest.fields if field not in FOLLOWED]
    return [f"{source}: {', '.join(fields)} {'has' if len(fields) == 1 else 'have'} no effect here"] if fields else []
