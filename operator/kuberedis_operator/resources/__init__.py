"""The children of an instance: one pure builder for each, spec in, object out.

A builder is called with the instance and the operator's settings and gives the object to apply, or None if the spec wants none. `BUILDERS`
is the only list of them. The Secret is none of them: nothing rendered here holds a key (see `secret.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kuberedis_operator.settings import OperatorSettings
from kuberedis_operator.spec import Instance


@dataclass(frozen=True, slots=True)
class Child:
    """An object to apply, complete but for the annotation with its hash."""

    kind: str
    api_version: str
    plural: str
    name: str
    body: dict[str, Any]


def render(instance: Instance, settings: OperatorSettings, *, routed: bool = True) -> list[Child]:
    """The children that `instance` wants, but for its Secret, in the order in which to apply them: what a pod mounts comes before the pod.

    Args:
        instance: Whose children.
        settings: Of the operator.
        routed: False leaves the route out, because the path belongs to another instance.
    """
    raise NotImplementedError
