"""Which tool made an instance, and would undo what somebody changes by hand. Pure.

Sources: Argo CD's resource tracking (https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/), the labels that Flux writes
(https://fluxcd.io/flux/components/kustomize/kustomizations/, https://fluxcd.io/flux/components/helm/helmreleases/), and the annotations of
Helm (https://helm.sh/docs/chart_best_practices/labels/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kuberedis_core.body import Body
from kuberedis_core.crd.names import INSTANCE_LABEL, MANAGED_BY_LABEL
from kuberedis_core.one_line import one_line

_LONGEST = 253
_CONTROLLERS = (("kustomize", "Kustomization"), ("helm", "HelmRelease"))


@dataclass(frozen=True, slots=True)
class Owner:
    """A tool that writes an instance."""

    tool: str
    source: str
    """What it makes it from, as `application shop`; empty if that is not known."""
    change: str
    """What becomes of a change by hand."""
    deletion: str
    """What becomes of a deletion by hand."""


_ARGO_CD = (
    "Argo CD shows it as out of sync, and with self-healing turned on reverts it within minutes.",
    "Argo CD makes it again at its next sync, with self-healing turned on within minutes.",
)
_FLUX = ("Flux reverts it at its next reconciliation, usually within minutes.", "Flux makes it again, usually within minutes.")
_HELM = ("It stays until the next `helm upgrade`, which may revert it.", "It is made again by the next `helm upgrade`.")


def owner_of(instance: Body) -> Owner | None:
    """The tool that made an instance; None if nothing says that one did."""
    metadata = instance["metadata"]
    labels, annotations = (_texts(metadata.get(name)) for name in ("labels", "annotations"))
    managers = {str(each.get("manager", "")) for each in metadata.get("managedFields") or () if isinstance(each, Mapping)}
    return _argo_cd(labels, annotations, managers) or _flux(labels, managers) or _helm(labels, annotations, managers)


def _argo_cd(labels: Mapping[str, str], annotations: Mapping[str, str], managers: set[str]) -> Owner | None:
    tracking = annotations.get("argocd.argoproj.io/tracking-id", "")
    # Its oldest way of tracking writes a label that others use as well.
    by_manager = managers & {"argocd-controller", "argocd-application-controller"}
    application = tracking.partition(":")[0] or labels.get("argocd.argoproj.io/instance", "")
    if by_manager and not application:
        application = labels.get(INSTANCE_LABEL, "")
    return Owner("Argo CD", _named("application", application), *_ARGO_CD) if application or by_manager else None


def _flux(labels: Mapping[str, str], managers: set[str]) -> Owner | None:
    for controller, kind in _CONTROLLERS:
        name, namespace = (labels.get(f"{controller}.toolkit.fluxcd.io/{part}", "") for part in ("name", "namespace"))
        if name or f"{controller}-controller" in managers:
            return Owner("Flux", _named(kind, f"{namespace}/{name}" if namespace and name else name), *_FLUX)
    return None


def _helm(labels: Mapping[str, str], annotations: Mapping[str, str], managers: set[str]) -> Owner | None:
    release = annotations.get("meta.helm.sh/release-name", "")
    is_helm = labels.get(MANAGED_BY_LABEL) == "Helm" or "helm" in managers
    return Owner("Helm", _named("release", release), *_HELM) if release or is_helm else None


def _named(kind: str, name: str) -> str:
    return f"{kind} {name}" if name else ""


def _texts(value: Any) -> dict[str, str]:
    found = value if isinstance(value, Mapping) else {}
    return {str(name): one_line(str(text)[:_LONGEST]) for name, text in found.items()}
