"""What the status says of an instance's keys. Pure; no key is in it."""

from __future__ import annotations

from kuberedis_core.timestamps import format_time
from kuberedis_operator.resources.secret import InstanceKeys


def rotation_status(keys: InstanceKeys) -> dict[str, str]:
    """`status.keyRotation`."""
    values = {
        "request": keys.request,
        "rotatedAt": format_time(keys.made_at) if keys.made_at and keys.origin != "created" else "",
        "previousKeyExpiresAt": format_time(keys.previous_expires_at) if keys.previous_expires_at else "",
    }
    return {name: value for name, value in values.items() if value}


def replacement_note(keys: InstanceKeys | None) -> str:
    """What the owner should know of a key that replaced a lost one; empty for any other key."""
    if keys is None or keys.origin != "replaced":
        return ""
    return f"the key was replaced at {rotation_status(keys).get('rotatedAt', 'an unknown time')}, because the Secret had been deleted"
