"""The volume of a member."""

from __future__ import annotations

from dataclasses import dataclass

from kuberedis_core.body import Body
from kuberedis_core.one_line import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeView:
    """A PersistentVolumeClaim."""

    name: str
    phase: str
    size: str
    """What it has; empty while it is not bound."""
    requested: str
    storage_class: str
    note: str
    """What is under way or wrong; empty for nothing."""


def volume_view(claim: Body) -> VolumeView:
    """A claim as the page shows it."""
    metadata, spec, status = claim["metadata"], claim.get("spec") or {}, claim.get("status") or {}
    size = _text((status.get("capacity") or {}).get("storage"))
    requested = _text(((spec.get("resources") or {}).get("requests") or {}).get("storage"))
    phase = _text(status.get("phase")) or "Unknown"
    note = ""
    if metadata.get("deletionTimestamp"):
        note = "it is being deleted, and its data with it as soon as no pod uses it"
    elif size and requested and size != requested:
        note = f"it grows to {requested}"
    elif phase == "Lost":
        note = "the volume behind it is gone"
    return VolumeView(
        name=_text(metadata.get("name")),
        phase=phase,
        size=size,
        requested=requested,
        storage_class=_text(spec.get("storageClassName")),
        note=note,
    )


def _text(value: object) -> str:
    return one_line(value)[:253] if isinstance(value, str) else ""
