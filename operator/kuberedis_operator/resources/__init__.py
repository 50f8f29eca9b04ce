"""The children of an instance: one pure builder for each, spec in, object out.

A builder is called with the instance and the operator's settings and gives the object to apply, or None if the spec wants none. `BUILDERS`
is the only list of them. The Secret is none of them: nothing rendered here holds a key (see `secret.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kuberedis_core.crd.spec import Instance
from kuberedis_operator.resources import config_map, http_route, ingress, network_policy, services, statefulset
from kuberedis_operator.resources.objects import Body
from kuberedis_operator.settings import OperatorSettings


@dataclass(frozen=True, slots=True)
class Builder:
    """What builds one child, and under which name the API serves its kind."""

    plural: str
    build: Callable[[Instance, OperatorSettings], Body | None]
    is_route: bool = False


@dataclass(frozen=True, slots=True)
class Child:
    """An object to apply, complete but for the annotation with its hash."""

    kind: str
    api_version: str
    plural: str
    name: str
    body: Body


BUILDERS = (
    Builder("configmaps", config_map.build),
    Builder("networkpolicies", network_policy.build),
    Builder("services", services.build_headless),
    Builder("services", services.build_http),
    Builder("statefulsets", statefulset.build),
    Builder("ingresses", ingress.build, is_route=True),
    Builder("httproutes", http_route.build, is_route=True),
)
"""In the order in which children are applied: what a pod mounts, and what protects it, comes before the pod."""


def render(instance: Instance, settings: OperatorSettings, *, routed: bool = True) -> list[Child]:
    """The children that `instance` wants, but for its Secret, in the order in which to apply them.

    Args:
        instance: Whose children.
        settings: Of the operator.
        routed: False leaves the route out, because its path belongs to another instance.
    """
    children = []
    for builder in BUILDERS:
        if builder.is_route and not routed:
            continue
        if (body := builder.build(instance, settings)) is not None:
            children.append(Child(body["kind"], body["apiVersion"], builder.plural, body["metadata"]["name"], body))
    return children
