"""What is wrong with a cluster: its API server, the custom resource, the operator, and what instances need of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kuberedis_cli.cluster.install import is_available, is_established
from kuberedis_cli.diagnose.findings import Finding, Seen
from kuberedis_cli.diagnose.route_findings import clock_findings
from kuberedis_core.body import Body
from kuberedis_core.crd.kind import GROUP, PLURAL, VERSION
from kuberedis_core.environment import SettingsError
from kuberedis_operator.settings import INGRESS_CLASS, INGRESS_NAMESPACES, OperatorSettings

_DEFAULT_CLASS = {"storageclass.kubernetes.io/is-default-class", "ingressclass.kubernetes.io/is-default-class"}
_INSTALL = "kuberedis install --wait"


@dataclass(frozen=True)
class ClusterSeen:
    """A cluster, as far as the user may look at it."""

    server: str
    version: str
    clock_ahead_seconds: float | None
    """How far this machine's clock is ahead of the API server's."""
    definition: Seen[Body]
    """The CustomResourceDefinition."""
    operator: Seen[Body]
    """The Deployment of the operator."""
    storage_classes: Seen[Sequence[Body]] = field(default_factory=Seen)
    ingress_classes: Seen[Sequence[Body]] = field(default_factory=Seen)


def cluster_findings(seen: ClusterSeen, expected: Body, own_version: str) -> Iterator[Finding]:
    """What is to be said of a cluster.

    Args:
        seen: The cluster.
        expected: The CustomResourceDefinition of this version.
        own_version: Version of this command.
    """
    yield Finding("ok", f"the API server {seen.server} answers (Kubernetes {seen.version})")
    yield from clock_findings(seen.clock_ahead_seconds, "the API server")
    yield from _definition(seen.definition, expected)
    yield from _operator(seen.operator, own_version)
    yield from _storage(seen.storage_classes)
    yield from _ingress(seen.ingress_classes, seen.operator.value)


def _definition(seen: Seen[Body], expected: Body) -> Iterator[Finding]:
    name = f"{PLURAL}.{GROUP}"
    yield from seen.unknown(f"the custom resource {name}")
    if seen.refusal:
        return
    if seen.value is None:
        yield Finding("problem", f"this cluster has no custom resource {name}", _INSTALL)
    elif not is_established(seen.value):
        yield Finding("problem", f"the custom resource {name} is not served", f"kubectl describe crd {name}")
    elif missing := sorted(_fields(_schema(expected)) - _fields(_schema(seen.value))):
        told = ", ".join(missing[:3]) + (" and others" if len(missing) > 3 else "")
        yield Finding("problem", f"the custom resource {name} is older than this command: it has no {told}", _INSTALL)
    else:
        yield Finding("ok", f"the custom resource {name} is installed")


def _schema(definition: Body) -> Mapping[str, Any]:
    versions = definition.get("spec", {}).get("versions", ())
    found: Mapping[str, Any] = next((each for each in versions if each.get("name") == VERSION), {})
    schema: Mapping[str, Any] = found.get("schema", {}).get("openAPIV3Schema", {})
    return schema


def _fields(schema: Mapping[str, Any], above: str = "") -> set[str]:
    found: set[str] = set()
    for name, below in schema.get("properties", {}).items():
        path = f"{above}{name}"
        found |= {path} | _fields(below, f"{path}.")
    return {path for path in found if path.startswith("spec.") or above}


def _operator(seen: Seen[Body], own_version: str) -> Iterator[Finding]:
    yield from seen.unknown("the operator")
    if seen.refusal:
        return
    if seen.value is None:
        yield Finding("problem", "no operator is installed, so nothing is done about instances", _INSTALL)
        return
    metadata = seen.value["metadata"]
    where = f"deployment/{metadata['name']} -n {metadata['namespace']}"
    if not is_available(seen.value):
        yield Finding("problem", f"the operator is not available ({where})", f"kubectl describe {where}; kubectl logs {where}")
    else:
        yield Finding("ok", f"the operator is available ({where})")
    image = _container(seen.value).get("image", "")
    if image.rpartition(":")[2] != own_version and "@" not in image:
        yield Finding("note", f"the operator's image is {image}, and this command is of version {own_version}", _INSTALL)


def _container(deployment: Body) -> Mapping[str, Any]:
    containers = deployment["spec"]["template"]["spec"]["containers"]
    return next((each for each in containers if each.get("name") == "operator"), containers[0])


def _settings(deployment: Body) -> OperatorSettings:
    """The settings that its Deployment itself has.

    Raises:
        SettingsError: One of them does not fit.
    """
    variables = _container(deployment).get("env") or ()
    return OperatorSettings.from_environ({each["name"]: each.get("value") or "" for each in variables if not each.get("valueFrom")})


def _storage(seen: Seen[Sequence[Body]]) -> Iterator[Finding]:
    yield from seen.unknown("StorageClasses")
    if seen.value is None:
        return
    names = [each["metadata"]["name"] for each in seen.value]
    default = [each["metadata"]["name"] for each in seen.value if is_default(each)]
    if default:
        yield Finding("ok", f"volumes are of the StorageClass {default[0]} by default")
    elif names:
        yield Finding(
            "note",
            f"no StorageClass is the default one (there is {', '.join(names[:5])}), so an instance needs spec.storageClassName",
            f"kubectl annotate storageclass {names[0]} storageclass.kubernetes.io/is-default-class=true",
        )
    else:
        yield Finding(
            "problem",
            "there is no StorageClass, so no volume is made",
            "install a provisioner, or create instances with persistence=none",
        )


def is_default(each: Body) -> bool:
    """Whether a class is the default one of its cluster."""
    annotations = each["metadata"].get("annotations") or {}
    return any(annotations.get(name) == "true" for name in _DEFAULT_CLASS)


def _ingress(classes: Seen[Sequence[Body]], deployment: Body | None) -> Iterator[Finding]:
    yield from classes.unknown("IngressClasses")
    if deployment is None:
        return
    metadata = deployment["metadata"]
    change = f"kubectl set env deployment/{metadata['name']} -n {metadata['namespace']}"
    try:
        settings = _settings(deployment)
    except SettingsError as error:
        yield Finding("problem", f"a setting of the operator does not fit: {error}", f"{change} NAME=VALUE")
        return
    if settings.routing == "Ingress" and classes.value is not None:
        yield _ingress_class(classes.value, settings.ingress_class, change)
    if not settings.ingress_namespaces and settings.gateway is None:
        yield Finding(
            "note",
            "the operator knows no namespace of an ingress controller, so NetworkPolicies keep requests from outside away",
            f"{change} {INGRESS_NAMESPACES}=NAMESPACE-OF-THE-CONTROLLER",
        )


def _ingress_class(classes: Sequence[Body], chosen: str | None, change: str) -> Finding:
    names = [str(each["metadata"]["name"]) for each in classes]
    there = ", ".join(names[:5])
    default = [each["metadata"]["name"] for each in classes if is_default(each)]
    if not names:
        return Finding(
            "note",
            "there is no IngressClass, so instances are reached inside the cluster only",
            "install an ingress controller; `kuberedis proxy NAME` reaches an instance without one",
        )
    if chosen and chosen not in names:
        what = f"there is no IngressClass {chosen}, to which the operator is set (there is {there})"
        return Finding("problem", what, f"{change} {INGRESS_CLASS}={names[0]}")
    if not chosen and not default:
        what = f"no IngressClass is the default one (there is {there}), and the operator is set to none"
        return Finding("note", what, f"{change} {INGRESS_CLASS}={names[0]}")
    return Finding("ok", f"routes are of the IngressClass {chosen or default[0]}")
