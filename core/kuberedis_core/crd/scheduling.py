"""Where a pod can run: the fields of `spec.podTemplate` that Kubernetes' scheduler reads.

They are checked and passed on as they are; the rules are those of the schema in `config/crd.yaml` and of
https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/.
"""

from __future__ import annotations

import re

from kuberedis_core.crd.object_reader import ObjectReader, whole
from kuberedis_core.crd.text_rules import key, label_value, namespace, shown

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_POD_TERM = frozenset("topologyKey labelSelector namespaces namespaceSelector".split())
_TOLERATION = frozenset("key operator value effect tolerationSeconds".split())
_SPREAD = frozenset("maxSkew topologyKey whenUnsatisfiable labelSelector minDomains nodeAffinityPolicy nodeTaintsPolicy".split())
_TERMS = 16
_SET_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_NODE_OPERATORS = (*_SET_OPERATORS, "Gt", "Lt")
_TOPOLOGY_KEY = "topologyKey: kubernetes.io/hostname"
_PREFERENCE = "preference: {matchExpressions: [{key: disk, operator: Exists}]}"
_NUMBER = re.compile(r"[0-9]+")


def check_affinity(template: ObjectReader) -> None:
    """Check `affinity` of a pod's template. Raises InvalidSpec."""
    affinity = template.child("affinity", {"nodeAffinity", "podAffinity", "podAntiAffinity"})
    _check_node_affinity(affinity.child("nodeAffinity", {_REQUIRED, _PREFERRED}))
    for name in ("podAffinity", "podAntiAffinity"):
        pods = affinity.child(name, {_REQUIRED, _PREFERRED})
        for term in pods.objects(_REQUIRED, _POD_TERM, most=_TERMS):
            _check_pod_term(term)
        for term in pods.objects(_PREFERRED, {"weight", "podAffinityTerm"}, most=_TERMS):
            _check_weight(term)
            _check_pod_term(term.required_child("podAffinityTerm", _POD_TERM, f"podAffinityTerm: {{{_TOPOLOGY_KEY}}}"))


def check_tolerations(template: ObjectReader) -> None:
    """Check `tolerations` of a pod's template. Raises InvalidSpec."""
    for toleration in template.objects("tolerations", _TOLERATION, most=32):
        toleration.read("key", key)
        operator = toleration.choice("operator", ("Equal", "Exists"))
        toleration.read("value", label_value)
        effect = toleration.choice("effect", ("NoSchedule", "PreferNoSchedule", "NoExecute"))
        toleration.read("tolerationSeconds", whole(0, 2**63 - 1))
        if "key" not in toleration and operator != "Exists":
            raise toleration.refuse("key", "missing; write a key, or operator: Exists for all taints")
        if operator == "Exists" and "value" in toleration:
            raise toleration.refuse("value", "is not compared by Exists; remove value, or write operator: Equal")
        if "tolerationSeconds" in toleration and effect != "NoExecute":
            raise toleration.refuse("tolerationSeconds", "is for NoExecute only; remove it, or write effect: NoExecute")


def check_topology_spread_constraints(template: ObjectReader) -> None:
    """Check `topologySpreadConstraints` of a pod's template. Raises InvalidSpec."""
    found: set[tuple[str, str]] = set()
    for constraint in template.objects("topologySpreadConstraints", _SPREAD, most=_TERMS):
        constraint.required("maxSkew", whole(1), "maxSkew: 1")
        topology_key = constraint.required("topologyKey", key, _TOPOLOGY_KEY)
        action = constraint.choice("whenUnsatisfiable", ("DoNotSchedule", "ScheduleAnyway"))
        if action is None:
            raise constraint.refuse("whenUnsatisfiable", "missing; write DoNotSchedule or ScheduleAnyway")
        _check_label_selector(constraint, "labelSelector")
        constraint.read("minDomains", whole(1))
        for policy in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            constraint.choice(policy, ("Honor", "Ignore"))
        if "minDomains" in constraint and action != "DoNotSchedule":
            raise constraint.refuse("minDomains", "is for DoNotSchedule only; remove it, or write whenUnsatisfiable: DoNotSchedule")
        if (topology_key, action) in found:
            raise constraint.refuse("topologyKey", f"{shown(topology_key)} is there twice with {action}; remove one")
        found.add((topology_key, action))


def _check_node_affinity(node: ObjectReader) -> None:
    if _REQUIRED in node:
        required = node.child(_REQUIRED, {"nodeSelectorTerms"})
        for term in required.objects("nodeSelectorTerms", {"matchExpressions"}, least=1, most=_TERMS):
            _check_expressions(term, _NODE_OPERATORS, least=1)
    for term in node.objects(_PREFERRED, {"weight", "preference"}, most=_TERMS):
        _check_weight(term)
        preference = term.required_child(
            "preference", {"matchExpressions"}, "preference: {matchExpressions: [{key: disk, operator: Exists}]}"
        )
        _check_expressions(preference, _NODE_OPERATORS, least=1)


def _check_pod_term(term: ObjectReader) -> None:
    term.required("topologyKey", key, _TOPOLOGY_KEY)
    _check_label_selector(term, "labelSelector")
    term.values("namespaces", namespace, most=64)
    _check_label_selector(term, "namespaceSelector")


def _check_weight(term: ObjectReader) -> None:
    term.required("weight", whole(1, 100), "weight: 100")


def _check_label_selector(owner: ObjectReader, name: str) -> None:
    selector = owner.child(name, {"matchLabels", "matchExpressions"})
    selector.mapping("matchLabels", label_value, most=32)
    _check_expressions(selector, _SET_OPERATORS)


def _check_expressions(owner: ObjectReader, operators: tuple[str, ...], least: int = 0) -> None:
    """Check the conditions on labels in `matchExpressions`."""
    for expression in owner.objects("matchExpressions", {"key", "operator", "values"}, least=least, most=16):
        expression.required("key", key, "key: topology.kubernetes.io/zone")
        operator = expression.choice("operator", operators)
        if operator is None:
            raise expression.refuse("operator", f"missing; write one of {', '.join(operators)}")
        values = expression.values("values", label_value, most=64)
        if operator in ("In", "NotIn") and not values:
            raise expression.refuse("values", f"missing; write one or more values for {operator}")
        if operator in ("Exists", "DoesNotExist") and values:
            raise expression.refuse("values", f"{operator} does not compare; remove values")
        if operator in ("Gt", "Lt") and not (len(values) == 1 and _NUMBER.fullmatch(values[0])):
            raise expression.refuse("values", f"do not fit; write one value, a whole number, for {operator}")
