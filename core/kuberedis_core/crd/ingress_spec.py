"""`spec.ingress`: how an instance is reached from outside the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kuberedis_core.crd.object_reader import ObjectReader
from kuberedis_core.crd.pod_template import MEMBERS, annotation_key, read_annotation
from kuberedis_core.crd.text_rules import host, object_name

_KNOWN = frozenset("enabled host className annotations tlsSecretName".split())
_INGRESS_CLASS = "kubernetes.io/ingress.class"


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressSpec:
    """How the instance is reached from outside; None: as the operator's settings say."""

    enabled: bool
    host: str | None
    class_name: str | None
    annotations: Mapping[str, str]
    tls_secret_name: str | None


def read_ingress(spec: ObjectReader) -> IngressSpec:
    """Read `ingress` of a spec.

    Raises:
        InvalidSpec: A member does not fit.
    """
    ingress = spec.child("ingress", _KNOWN)
    return IngressSpec(
        enabled=ingress.flag("enabled", default=True),
        host=ingress.read("host", host),
        class_name=ingress.read("className", object_name),
        annotations=ingress.mapping("annotations", read_annotation, key=_ingress_annotation_key, most=MEMBERS),
        tls_secret_name=ingress.read("tlsSecretName", object_name),
    )


def _ingress_annotation_key(name: str) -> str:
    if name == _INGRESS_CLASS:
        raise ValueError(f"{_INGRESS_CLASS} cannot be written here; remove it, and write spec.ingress.className")
    return annotation_key(name)
