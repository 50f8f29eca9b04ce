"""The table: which fields of a spec reach beyond the namespace, and which setting of the operator opens each of them.

A rule takes the values that a spec has at some places, and each has to be one that the setting allows. Whatever is not allowed is refused
as a whole: the instance keeps what it has. `admission_policy.py` renders the same table for the API server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

KEYS = "{}"
"""Step of a place: the names of a map's members."""
EACH = "[]"
"""Step of a place: every entry of a list."""
ANY = "*"

PLAIN_VALUE = "^[A-Za-z0-9 ,.:_/-]*$"
"""Values that no controller can take for configuration; what is allowed by default has such a value."""

_SHOWN = 4
_NODE_TERMS = ("podTemplate", "affinity", "nodeAffinity")
_HARD, _SOFT = "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"
_NGINX_DEFAULTS = """
    proxy-connect-timeout proxy-read-timeout proxy-send-timeout proxy-body-size proxy-buffering proxy-request-buffering
    limit-connections limit-rate limit-rpm limit-rps ssl-redirect force-ssl-redirect
"""


class Place(NamedTuple):
    """Where in a spec the values are."""

    steps: tuple[str, ...]
    missing: str = ""
    """The value where the last step leads to nothing; none if empty."""
    present: str = ""
    """The value where the last step leads to anything at all; if empty, the thing itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table."""

    setting: str
    """Variable of the operator's environment: what is allowed, with commas between; a `*` at the end stands for anything."""
    what: str
    """What the values are, for messages."""
    why: str
    """How they reach beyond the namespace."""
    places: tuple[Place, ...]
    default: tuple[str, ...] = ()
    """What is allowed while the setting is not set. Values of maps have to be plain then."""
    unless: tuple[str, ...] = ()
    """A field beside which everything is allowed."""


def _affinity(kind: str) -> tuple[Place, ...]:
    hard = ("podTemplate", "affinity", kind, _HARD, EACH)
    soft = ("podTemplate", "affinity", kind, _SOFT, EACH, "podAffinityTerm")
    return tuple(
        place for term in (hard, soft) for place in (Place((*term, "namespaces", EACH)), Place((*term, "namespaceSelector"), present=ANY))
    )


RULES = (
    Rule(
        setting="KUBEREDIS_ALLOWED_ROUTE_ANNOTATIONS",
        what="annotation of the route",
        why="annotations can change the configuration of the shared ingress controller",
        places=(Place(("ingress", "annotations", KEYS)),),
        default=(
            "haproxy.org/timeout-server",
            "haproxy-ingress.github.io/timeout-server",
            *(f"nginx.ingress.kubernetes.io/{name}" for name in _NGINX_DEFAULTS.split()),
            "projectcontour.io/response-timeout",
        ),
    ),
    Rule(
        setting="KUBEREDIS_ALLOWED_INGRESS_CLASSES",
        what="IngressClass",
        why="a class selects a controller, and with it a network that is reached",
        places=(Place(("ingress", "className")),),
    ),
    Rule(
        setting="KUBEREDIS_ALLOWED_TLS_SECRETS",
        what="certificate without a host of its own",
        why="it would be that of the host that all instances share; write spec.ingress.host beside it",
        places=(Place(("ingress", "tlsSecretName")),),
        unless=("ingress", "host"),
    ),
    Rule(
        setting="KUBEREDIS_ALLOWED_ISSUER_KINDS",
        what="kind of issuer",
        why="a ClusterIssuer belongs to nobody's namespace, and its certificates are accepted wherever its authority is",
        places=(Place(("tls", "issuerRef", "kind")),),
        default=("Issuer",),
    ),
    Rule(
        setting="KUBEREDIS_ALLOWED_IMAGES",
        what="image",
        why="an image can run anything under the instance's address",
        places=(Place(("image",)),),
    ),
    Rule(
        setting="KUBEREDIS_ALLOWED_POD_LABELS",
        what="label of the pod",
        why="Services and NetworkPolicies of others select pods by labels",
        places=(Place(("podTemplate", "labels", KEYS)),),
    ),
    Rule(
        setting="KUBEREDIS_ALLOWED_POD_ANNOTATIONS",
        what="annotation of the pod",
        why="annotations can give a pod other networks, credentials and containers",
        places=(Place(("podTemplate", "annotations", KEYS)),),
    ),
    Rule(
        setting="KUBEREDIS_ALLOWED_PRIORITY_CLASSES",
        what="PriorityClass",
        why="pods of other namespaces are preempted for a pod of a higher class",
        places=(Place(("podTemplate", "priorityClassName")),),
    ),
    Rule(
        setting="KUBEREDIS_ALLOWED_TOLERATIONS",
        what="toleration of the taint",
        why="taints reserve nodes for others",
        places=(Place(("podTemplate", "tolerations", EACH, "key"), missing=ANY),),
    ),
    Rule(
        setting="KUBEREDIS_ALLOWED_NODE_LABELS",
        what="label of nodes",
        why="nodes can be meant for others",
        places=(
            Place(("podTemplate", "nodeSelector", KEYS)),
            Place((*_NODE_TERMS, _HARD, "nodeSelectorTerms", EACH, "matchExpressions", EACH, "key")),
            Place((*_NODE_TERMS, _SOFT, EACH, "preference", "matchExpressions", EACH, "key")),
        ),
        default=("kubernetes.io/arch", "kubernetes.io/os", "topology.kubernetes.io/region", "topology.kubernetes.io/zone"),
    ),
    Rule(
        setting="KUBEREDIS_ALLOWED_AFFINITY_NAMESPACES",
        what="affinity to pods of namespace",
        why="pods of other namespaces are kept off the node of a pod that avoids them",
        places=(*_affinity("podAffinity"), *_affinity("podAntiAffinity")),
    ),
)

Allowed = Mapping[str, Sequence[str]]
"""What is allowed, by setting; a setting that is missing has its default."""


def refusal(spec: Mapping[str, Any], allowed: Allowed, shared_host: str | None) -> str | None:
    """Why a spec asks for too much, with the setting that would allow it; None if it does not.

    Args:
        spec: `spec` of an instance, which has been read without an error.
        allowed: what the operator's settings allow.
        shared_host: host of instances that name none.
    """
    for rule in RULES:
        beside = _at(spec, rule.unless) if rule.unless else None
        if beside is not None and beside != shared_host:
            continue
        patterns = allowed.get(rule.setting, rule.default)
        is_plain = re.compile(PLAIN_VALUE) if rule.setting not in allowed else None
        for place in rule.places:
            for value, content in _values(spec, place.steps, place):
                fits = is_plain is None or content is None or is_plain.fullmatch(content)
                if not (fits and any(matches(pattern, value) for pattern in patterns)):
                    field = ".".join(step for step in place.steps if step not in (KEYS, EACH))
                    return (
                        f"spec.{field}: the {rule.what} {value!r} is not one that the operator allows ({_shown(patterns)}), "
                        f"because {rule.why}; remove it, or have an administrator add it to {rule.setting}"
                    )
    return None


def matches(pattern: str, value: str) -> bool:
    """Whether a pattern of a setting allows a value."""
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def _shown(patterns: Sequence[str]) -> str:
    more = ["…"] if len(patterns) > _SHOWN else []
    return ", ".join([*patterns[:_SHOWN], *more]) or "none"


def _values(node: Any, steps: tuple[str, ...], place: Place) -> Iterator[tuple[str, str | None]]:
    """The values at a place, each with what a map has under that name."""
    if not steps:
        yield place.present or node, None
        return
    step, rest = steps[0], steps[1:]
    if step == KEYS:
        yield from node.items()
    elif step == EACH:
        for entry in node:
            yield from _values(entry, rest, place)
    elif node.get(step) is not None:
        yield from _values(node[step], rest, place)
    elif not rest and place.missing:
        yield place.missing, None


def _at(spec: Mapping[str, Any], steps: tuple[str, ...]) -> Any:
    node: Any = spec
    for step in steps:
        node = (node or {}).get(step)
    return node
