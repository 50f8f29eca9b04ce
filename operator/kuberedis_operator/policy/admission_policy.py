"""The table as a ValidatingAdmissionPolicy, so that `kubectl apply` says what the operator would refuse.

What is allowed is read from the ConfigMap that the operator has its environment from, so that a change is effective for both. It is a
courtesy: the operator refuses the same, whether or not the API server asked. What a spec had before an edit is not refused again, or else
nothing of an instance could be changed that is older than a rule.

https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from __future__ import annotations

from collections.abc import Iterator

from kuberedis_core.body import Body
from kuberedis_core.crd.kind import GROUP, PLURAL
from kuberedis_core.environment import PREFIX
from kuberedis_operator.policy.rules import EACH, KEYS, PLAIN_VALUE, RULES, Place, Rule
from kuberedis_operator.settings import HOSTS

CONFIG_MAP = "kuberedis-policy"
NAMESPACE = "kuberedis-system"
NAME = f"kuberedis-policy.{GROUP}"
_LABELS = {"app.kubernetes.io/name": "kuberedis-operator-policy", "app.kubernetes.io/part-of": "kuberedis"}
_API_VERSION = "admissionregistration.k8s.io/v1"


def manifests(name: str = NAME, namespace: str = NAMESPACE) -> list[Body]:
    """The policy and its binding.

    Args:
        name: name of both.
        namespace: namespace of the operator.
    """
    return [_policy(name), _binding(name, namespace)]


def _policy(name: str) -> Body:
    rules = {"apiGroups": [GROUP], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"], "resources": [PLURAL]}
    return {
        "apiVersion": _API_VERSION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name, "labels": _LABELS},
        "spec": {
            "failurePolicy": "Ignore",
            "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
            "matchConstraints": {"resourceRules": [rules]},
            "variables": [
                {"name": "settings", "expression": "has(params.data) ? params.data : {'': ''}"},
                *({"name": _variable(rule), "expression": _allowed(rule)} for rule in RULES),
            ],
            "validations": [*(_validation(rule) for rule in RULES), _hosts()],
        },
    }


def _binding(name: str, namespace: str) -> Body:
    parameter = {"name": CONFIG_MAP, "namespace": namespace, "parameterNotFoundAction": "Allow"}
    return {
        "apiVersion": _API_VERSION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name, "labels": _LABELS},
        "spec": {"policyName": name, "paramRef": parameter, "validationActions": ["Deny"]},
    }


def _validation(rule: Rule) -> Body:
    roots = dict.fromkeys(f"spec.{'.'.join(_fields(place.steps)[:2])}" for place in rule.places)
    unless = [_has("object", rule.unless)] if rule.unless else []
    places = (f"({' || '.join([*unless, *_unchanged(place), _check(rule, place)])})" for place in rule.places)
    return {
        "expression": " && ".join(places),
        "message": (
            f"{', '.join(roots)}: the operator does not allow this {rule.what}, because {rule.why}; remove it, or have an administrator"
            f" add it to {rule.setting} in ConfigMap {CONFIG_MAP} of the operator"
        ),
    }


def _hosts() -> Body:
    """What the setting of hosts says of `spec.ingress.host`; without that setting only the operator can decide."""
    setting, host = f"variables.settings['{HOSTS}']", "object.spec.ingress.host"
    entry = "e.trim().split('=')"
    parent = f"{host}.contains('.') && {host}.substring({host}.indexOf('.') + 1) == {entry}[1].substring(2)"
    matches = f"{entry}[1] == {host} || {entry}[1].startsWith('*.') && {parent}"
    allowed = f"{setting}.split(',').exists(e, e.contains('=') && {entry}[0] in ['*', request.namespace] && ({matches}))"
    unset = f"!('{HOSTS}' in variables.settings) || {setting}.trim() == ''"
    place = Place(("ingress", "host"))
    return {
        "expression": " || ".join([f"!({_has('object', place.steps)})", unset, *_unchanged(place), allowed]),
        "message": (
            f"spec.ingress.host: the operator does not allow this host here; remove it, or have an administrator add NAMESPACE=HOST"
            f" to {HOSTS} in ConfigMap {CONFIG_MAP} of the operator"
        ),
    }


def _variable(rule: Rule) -> str:
    first, *others = rule.setting.removeprefix(PREFIX).lower().split("_")
    return first + "".join(word.capitalize() for word in others)


def _allowed(rule: Rule) -> str:
    default = ", ".join(f"'{pattern}'" for pattern in rule.default)
    # An empty list has no type of its own.
    default = f"[{default}]" if default else "''.split(',')"
    setting = f"variables.settings['{rule.setting}']"
    return f"'{rule.setting}' in variables.settings ? {setting}.split(',').map(p, p.trim()) : {default}"


def _check(rule: Rule, place: Place) -> str:
    return _below("object.spec", place.steps, rule, place)


def _below(node: str, steps: tuple[str, ...], rule: Rule, place: Place) -> str:
    if not steps:
        return _fits(f"'{place.present}'" if place.present else node, rule)
    step, rest = steps[0], steps[1:]
    if step == KEYS:
        plain = f"('{rule.setting}' in variables.settings || {node}[k].matches('{PLAIN_VALUE}'))"
        return f"{node}.all(k, {_fits('k', rule)} && {plain})"
    if step == EACH:
        entry = f"e{len(steps)}"
        return f"{node}.all({entry}, {_below(entry, rest, rule, place)})"
    member = f"{node}.{step}"
    if not rest and place.missing:
        missing = _fits(f"'{place.missing}'", rule)
        return f"(has({member}) ? {_fits(member, rule)} : {missing})"
    return f"(!has({member}) || {_below(member, rest, rule, place)})"


def _fits(value: str, rule: Rule) -> str:
    return f"variables.{_variable(rule)}.exists(p, p.endsWith('*') ? {value}.startsWith(p.substring(0, size(p) - 1)) : {value} == p)"


def _unchanged(place: Place) -> Iterator[str]:
    """That the field is what it was before an edit."""
    fields = tuple(_fields(place.steps))
    path = ".".join(("spec", *fields))
    both = f"{_has('oldObject', fields)} && {_has('object', fields)} && oldObject.{path} == object.{path}"
    yield f"(oldObject != null && {both})"


def _fields(steps: tuple[str, ...]) -> list[str]:
    """The steps before the first that goes into a map or a list."""
    ends = [steps.index(step) for step in (KEYS, EACH) if step in steps]
    return list(steps[: min(ends, default=len(steps))])


def _has(root: str, fields: tuple[str, ...]) -> str:
    paths = (".".join((root, "spec", *fields[:length])) for length in range(1, len(fields) + 1))
    return " && ".join(f"has({path})" for path in paths)
