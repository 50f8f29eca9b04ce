"""Differences between a rendered object and the live one, by the rules of server-side apply.

Fields that others set beside ours are theirs, so a rendered object need only be a subset of the live one. Lists whose elements have a key
are compared by it and maps that have one owner as a whole
(https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from kuberedis_core.quantities import parse_amount

# The keys of a list's elements, by the name of the list; a list that is not here is compared element by element.
_LIST_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "ports": ("port", "containerPort", "protocol"),
    "imagePullSecrets": ("name",),
    "ownerReferences": ("uid",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
}
# A foreign member of one of these changes the meaning of ours.
_WHOLE_MAPS = frozenset({"selector", "podSelector", "namespaceSelector", "labelSelector", "nodeSelector"})
_QUANTITIES = frozenset({"requests", "limits", "capacity"})
_DEFAULTS = {"protocol": "TCP"}

Path = tuple[str, ...]


def digest(value: Any) -> str:
    """16 hexadecimal digits that stand for a JSON value, the same for every order of its members."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def differences(rendered: Any, live: Any) -> list[Path]:
    """Where `live` differs from `rendered`, as paths of member names; empty if it contains everything."""
    return list(_compare(rendered, live, ()))


def _compare(rendered: Any, live: Any, path: Path) -> Iterator[Path]:
    if rendered in ({}, [], None, "") and live in ({}, [], None, ""):
        return
    if isinstance(rendered, Mapping) and isinstance(live, Mapping):
        yield from _compare_maps(rendered, live, path)
    elif isinstance(rendered, list) and isinstance(live, list):
        yield from _compare_lists(rendered, live, path)
    elif rendered != live and not (len(path) > 1 and path[-2] in _QUANTITIES and _same_quantity(rendered, live)):
        yield path


def _compare_maps(rendered: Mapping[str, Any], live: Mapping[str, Any], path: Path) -> Iterator[Path]:
    for name, value in rendered.items():
        yield from _compare(value, live.get(name), (*path, name))
    if any(name in _WHOLE_MAPS for name in path):
        yield from ((*path, name) for name, value in live.items() if name not in rendered and value not in ({}, [], None))


def _compare_lists(rendered: list[Any], live: list[Any], path: Path) -> Iterator[Path]:
    keys = _LIST_KEYS.get(path[-1]) if path else None
    if keys is not None and all(isinstance(element, Mapping) for element in rendered):
        found = {_key(element, keys): element for element in live if isinstance(element, Mapping)}
        for element in rendered:
            yield from _compare(element, found.get(_key(element, keys)), (*path, "/".join(_key(element, keys))))
    elif len(rendered) != len(live):
        yield path
    else:
        for position, (wanted, present) in enumerate(zip(rendered, live, strict=True)):
            yield from _compare(wanted, present, (*path, str(position)))


def _key(element: Mapping[str, Any], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(element.get(name, _DEFAULTS.get(name, ""))) for name in names)


def _same_quantity(one: Any, other: Any) -> bool:
    try:
        return parse_amount(str(one)) == parse_amount(str(other))
    except ValueError:
        return False
