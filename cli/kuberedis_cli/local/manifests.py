"""What a manifest says: the text of a YAML file in, the instances that it describes out.

Pure: nothing here reads a file or knows of a process. It refuses what the cluster would refuse, and says what to write
instead, so that a manifest that runs here is one that `kubectl apply` takes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

import yaml

from kuberedis_core.crd.kind import API_VERSION, GROUP, KIND
from kuberedis_core.crd.spec import EvictionPolicy, InvalidSpec, Persistence, check_name, maxmemory_of
from kuberedis_core.quantities import parse_bytes

CLUSTER_ONLY_FIELDS = frozenset(
    """
    config deletionPolicy image ingress limits networkPolicy paused podTemplate resources routing storageClassName version
    """.split()
)
"""Fields of the custom resource that say something about a cluster, and nothing about a laptop."""


class ManifestError(Exception):
    """A manifest that cannot be used; the text is one line: where, what is wrong, what to write instead."""


@dataclass(frozen=True)
class InstanceSpec:
    """One instance as its manifest wants it; sizes in bytes."""

    name: str
    capacity: int
    maxmemory: int
    eviction_policy: EvictionPolicy
    persistence: Persistence
    source: Path


@dataclass(frozen=True)
class Manifest:
    """The instances of one file, and remarks on what has no meaning here."""

    instances: tuple[InstanceSpec, ...]
    notes: tuple[str, ...]


def parse(text: str, source: Path) -> Manifest:
    """Read a manifest of one or many YAML documents. Documents of other kinds are skipped with a note.

    Raises ManifestError for the first thing that is wrong.
    """
    try:
        documents = [document for document in yaml.safe_load_all(text) if document is not None]
    except yaml.YAMLError as error:
        raise ManifestError(f"{source}: not YAML: {_yaml_problem(error)}") from None
    notes: list[str] = []
    instances: list[InstanceSpec] = []
    for document in documents:
        if not isinstance(document, dict) or not {"apiVersion", "kind"} <= document.keys():
            raise ManifestError(f"{source}: not a manifest; it must have apiVersion: {API_VERSION} and kind: {KIND}")
        if _is_of_another_kind(document):
            notes.append(f"{source}: skipped a {document['kind']}; only a {KIND} runs here")
        else:
            instances.append(_instance(document, source, notes))
    return Manifest(tuple(instances), tuple(notes))


def _yaml_problem(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return str(error).splitlines()[0]


def _is_of_another_kind(document: Mapping[str, Any]) -> bool:
    group = str(document["apiVersion"]).partition("/")[0]
    return group != GROUP and str(document["kind"]).casefold() != KIND.casefold()


def _instance(document: Mapping[str, Any], source: Path, notes: list[str]) -> InstanceSpec:
    _expect(document["apiVersion"], API_VERSION, f"{source}: apiVersion")
    _expect(document["kind"], KIND, f"{source}: kind")
    _refuse_unknown(document, {"apiVersion", "kind", "metadata", "spec", "status"}, f"{source}: ")
    name = _name(_mapping(document, "metadata", source), source)
    spec = _mapping(document, "spec", source)
    _refuse_unknown(spec, _FIELDS.keys() | CLUSTER_ONLY_FIELDS, f"{source}: spec.")
    notes.extend(f"{source}: spec.{field} has no meaning here; ignored" for field in spec.keys() & CLUSTER_ONLY_FIELDS)
    return _sized(name, {field: _field(spec, field, source) for field in _FIELDS}, source)


def _name(metadata: Mapping[str, Any], source: Path) -> str:
    try:
        return check_name(metadata.get("name"))
    except ValueError as error:
        raise ManifestError(f"{source}: metadata.name: {error}") from None


def _sized(name: str, fields: Mapping[str, Any], source: Path) -> InstanceSpec:
    capacity = fields["capacity"]
    try:
        maxmemory = maxmemory_of(capacity, fields["maxmemory"])
    except InvalidSpec as error:
        raise ManifestError(f"{source}: {error}") from None
    return InstanceSpec(name, capacity, maxmemory, fields["evictionPolicy"], fields["persistence"], source)


def _expect(value: object, wanted: str, where: str) -> None:
    if value != wanted:
        raise ManifestError(f"{where}: is {value!r}; write {wanted}")


def _mapping(document: Mapping[str, Any], field: str, source: Path) -> Mapping[str, Any]:
    value = document.get(field)
    if not isinstance(value, dict):
        example = "name: my-cache" if field == "metadata" else "capacity: 1Gi"
        raise ManifestError(f"{source}: {field}: missing; write for example {field}: {{{example}}}")
    return value


def _refuse_unknown(mapping: Mapping[str, Any], known: set[str] | frozenset[str], where: str) -> None:
    for field in mapping:
        if field not in known:
            near = get_close_matches(str(field), known, n=1)
            raise ManifestError(f"{where}{field}: unknown field; {f'did you mean {near[0]}?' if near else 'remove it'}")


@dataclass(frozen=True)
class _Field:
    """How one member of `spec` is read, and what stands when it is absent (None with `required`: refused)."""

    read: Callable[[object], Any]
    default: object = None
    required: bool = False


def _field(spec: Mapping[str, Any], name: str, source: Path) -> Any:
    field = _FIELDS[name]
    value = spec.get(name)
    if value is None:
        if field.required:
            raise ManifestError(f"{source}: spec.{name}: missing; write for example {name}: 1Gi")
        return field.default
    try:
        return field.read(value)
    except ValueError as error:
        raise ManifestError(f"{source}: spec.{name}: {error}") from None


def _quantity(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"{value!r} is not a Kubernetes quantity; write for example 1Gi or 512Mi")
    return parse_bytes(str(value))


def _one_of(choices: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"{value!r} is not known; write one of {', '.join(choices)}")
        return value

    return read


_FIELDS: dict[str, _Field] = {
    "capacity": _Field(_quantity, required=True),
    "maxmemory": _Field(_quantity),
    "evictionPolicy": _Field(_one_of(get_args(EvictionPolicy)), default="noeviction"),
    "persistence": _Field(_one_of(get_args(Persistence)), default="aof"),
}
