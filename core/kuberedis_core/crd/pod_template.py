"""`spec.podTemplate`: what the user adds to the pod of an instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kuberedis_core.crd.kind import GROUP
from kuberedis_core.crd.object_reader import ObjectReader
from kuberedis_core.crd.scheduling import check_affinity, check_tolerations, check_topology_spread_constraints
from kuberedis_core.crd.text_rules import key, label_value, object_name, shown, text_of_at_most

MEMBERS = 32
"""Labels, annotations or selectors that one field can have."""
MAX_ANNOTATION_LENGTH = 4096

_POD_SPEC = frozenset("nodeSelector affinity tolerations topologySpreadConstraints priorityClassName imagePullSecrets".split())
_KNOWN = _POD_SPEC | {"labels", "annotations"}
_RESERVED_LABELS = frozenset(
    [*(f"app.kubernetes.io/{name}" for name in "name instance managed-by part-of component".split()), "controller-revision-hash"]
)
_RESERVED_LABEL_PREFIXES = (f"{GROUP}/", "statefulset.kubernetes.io/", "apps.kubernetes.io/")

read_annotation = text_of_at_most(MAX_ANNOTATION_LENGTH)
"""A reader of the value of an annotation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodTemplate:
    """What the user adds to the pod: labels, annotations, and members of its spec such as `tolerations`."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    pod_spec: Mapping[str, Any]


def read_pod_template(spec: ObjectReader) -> PodTemplate:
    """Read `podTemplate` of a spec.

    Raises:
        InvalidSpec: A member does not fit.
    """
    template = spec.child("podTemplate", _KNOWN)
    template.mapping("nodeSelector", label_value, key=key, most=MEMBERS)
    check_affinity(template)
    check_tolerations(template)
    check_topology_spread_constraints(template)
    template.read("priorityClassName", object_name)
    _check_image_pull_secrets(template)
    return PodTemplate(
        labels=template.mapping("labels", label_value, key=_label_key, most=MEMBERS),
        annotations=template.mapping("annotations", read_annotation, key=annotation_key, most=MEMBERS),
        pod_spec=template.raw(_POD_SPEC),
    )


def annotation_key(name: str) -> str:
    """The key of an annotation that is the user's to write."""
    if key(name).startswith(f"{GROUP}/"):
        raise ValueError(f"{shown(name)} is one of the operator's annotations; remove it")
    return name


def _label_key(name: str) -> str:
    if key(name) in _RESERVED_LABELS or name.startswith(_RESERVED_LABEL_PREFIXES):
        raise ValueError(
            f"{shown(name)} is a label by which Services and the operator find the pod; write a key of your own, such as example.com/team"
        )
    return name


def _check_image_pull_secrets(template: ObjectReader) -> None:
    names: set[str] = set()
    for secret in template.objects("imagePullSecrets", {"name"}, most=16):
        name = secret.required("name", object_name, "name: registry-login")
        if name in names:
            raise secret.refuse("name", f"{shown(name)} is there twice; remove one")
        names.add(name)
