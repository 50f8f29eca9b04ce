"""Who made an instance, what becomes of its data, and what somebody else changed meanwhile."""

from typing import Any

import pytest

from kuberedis_dashboard.views.conflict import differences, merged
from kuberedis_dashboard.views.deletion import deletion_of
from kuberedis_dashboard.views.ownership import owner_of
from tests.operator.rendering import body


def owned(labels: dict[str, str] | None = None, annotations: dict[str, str] | None = None, *managers: str) -> dict[str, Any]:
    """An instance with these metadata."""
    fields = [{"manager": manager} for manager in managers]
    return {"metadata": {"name": "cache", "labels": labels, "annotations": annotations, "managedFields": fields}}


@pytest.mark.parametrize(
    ("instance", "owner"),
    [
        (owned(), None),
        (owned({"app.kubernetes.io/instance": "shop"}, None, "kubectl-client-side-apply"), None),
        (owned(None, {"argocd.argoproj.io/tracking-id": "shop:cache.yourcompany.com/X:a/cache"}), ("Argo CD", "application shop")),
        (owned({"app.kubernetes.io/instance": "shop"}, None, "argocd-controller"), ("Argo CD", "application shop")),
        (owned({"argocd.argoproj.io/instance": "shop\x1b"}), ("Argo CD", "application shop\\x1b")),
        (
            owned({"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"}),
            ("Flux", "Kustomization flux/apps"),
        ),
        (
            owned({"helm.toolkit.fluxcd.io/name": "shop", "app.kubernetes.io/managed-by": "Helm"}, {"meta.helm.sh/release-name": "shop"}),
            ("Flux", "HelmRelease shop"),
        ),
        (owned(None, {"meta.helm.sh/release-name": "shop"}), ("Helm", "release shop")),
        (owned({"app.kubernetes.io/managed-by": "Helm"}), ("Helm", "")),
    ],
)
def test_tool_that_made_it_is_known(instance: dict[str, Any], owner: tuple[str, str] | None) -> None:
    found = owner_of(instance)
    assert (None if found is None else (found.tool, found.source)) == owner


@pytest.mark.parametrize(
    ("spec", "loses", "claims"),
    [
        ({}, False, ("data-my-cache-0",)),
        ({"replicas": 3}, False, ("data-my-cache-0", "data-my-cache-1", "data-my-cache-2")),
        ({"deletionPolicy": "Delete"}, True, ("data-my-cache-0",)),
        ({"persistence": "none"}, True, ()),
        ({"capacity": "?"}, True, ()),
    ],
)
def test_what_becomes_of_the_data_is_told(spec: dict[str, Any], loses: bool, claims: tuple[str, ...]) -> None:
    found = deletion_of(body({"capacity": "1Gi", **spec}))
    assert (found.loses_data, found.claims) == (loses, claims)
    assert bool(found.afterwards) is not loses


def test_both_values_are_shown_and_what_nobody_else_changed_is_kept() -> None:
    before = {"capacity": "1Gi", "maxmemory": "", "version": "8"}
    now = {"capacity": "2Gi", "maxmemory": "", "version": "8.2"}
    yours = {"capacity": "4Gi", "maxmemory": "1Gi", "version": "8"}
    found = {each.path: (each.before, each.theirs, each.yours, each.is_contested) for each in differences(before, now, yours)}
    assert found == {"capacity": ("1Gi", "2Gi", "4Gi", True), "version": ("8", "8.2", "8", False)}
    assert merged(before, now, yours) == {"capacity": "4Gi", "maxmemory": "1Gi", "version": "8.2"}
