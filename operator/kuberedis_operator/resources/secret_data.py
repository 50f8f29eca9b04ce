"""`data` of a Secret (https://kubernetes.io/docs/concepts/configuration/secret/): texts in base64. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping


def encode(members: Mapping[str, str]) -> dict[str, str]:
    """`data` with these texts, by name."""
    return {name: base64.b64encode(value.encode()).decode() for name, value in members.items()}


def decode(member: str | None) -> str:
    """The text of a member of `data`; empty if there is none, or if somebody wrote what is not text in base64."""
    try:
        return base64.b64decode(member or "").decode()
    except ValueError:
        return ""
