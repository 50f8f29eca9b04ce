"""Volumes: how large they are, how far they have grown, and what a StatefulSet needs for that."""

from decimal import Decimal
from typing import Any

import pytest

from kuberedis_operator.status.volume_health import VolumeProgress, growth, progress_of, size, smallest_size


def claim(requested: str, has: str | None = None, phase: str = "Bound") -> dict[str, Any]:
    """A claim."""
    status = {"phase": phase} | ({"capacity": {"storage": has}} if has else {})
    metadata = {"namespace": "ns", "name": "data-cache-0", "uid": "u", "labels": {"a": "b"}}
    return {"metadata": metadata, "spec": {"resources": {"requests": {"storage": requested}}}, "status": status}


@pytest.mark.parametrize(
    ("wanted", "live", "progress"),
    [
        (None, claim("1Gi", "1Gi"), VolumeProgress.NONE),
        ("1Gi", None, VolumeProgress.NONE),
        ("1Gi", claim("1Gi", "1Gi"), VolumeProgress.AS_WANTED),
        ("1024Mi", claim("1Gi", "1Gi"), VolumeProgress.AS_WANTED),
        ("1Gi", claim("1Gi", "1025Mi"), VolumeProgress.AS_WANTED),
        ("1Gi", claim("1Gi", None, "Pending"), VolumeProgress.AS_WANTED),
        ("2Gi", claim("2Gi", "1Gi"), VolumeProgress.GROWING),
        ("2Gi", claim("1Gi", "1Gi"), VolumeProgress.TOO_SMALL),
        ("2Gi", claim("1Gi", None, "Pending"), VolumeProgress.UNBOUND),
    ],
)
def test_progress(wanted: str | None, live: dict[str, Any] | None, progress: VolumeProgress) -> None:
    assert progress_of(wanted, live) is progress


def test_of_several_volumes_the_greatest_progress_is_the_furthest_behind() -> None:
    order = [VolumeProgress.NONE, VolumeProgress.AS_WANTED, VolumeProgress.GROWING, VolumeProgress.TOO_SMALL, VolumeProgress.UNBOUND]
    assert sorted(VolumeProgress) == order


def test_the_size_is_that_of_the_volume_and_not_that_of_the_request() -> None:
    assert size(claim("2Gi", "1Gi")) == Decimal(2**30)
    assert size(claim("2Gi", None, "Pending")) is None
    assert size(None) is None


@pytest.mark.parametrize(
    ("claims", "smallest"),
    [([], None), ([None], None), ([claim("1Gi")], None), ([claim("2Gi", "2Gi"), None, claim("2Gi", "1Gi")], 2**30)],
    ids=["no member", "no claim", "no volume", "three members"],
)
def test_the_smallest_volume_counts(claims: list[dict[str, Any] | None], smallest: int | None) -> None:
    assert smallest_size(claims) == smallest


def test_the_patch_for_growth_changes_the_request_of_this_very_claim_and_nothing_else() -> None:
    assert growth(claim("1Gi"), "2Gi") == {
        "metadata": {"namespace": "ns", "name": "data-cache-0", "uid": "u"},
        "spec": {"resources": {"requests": {"storage": "2Gi"}}},
    }
