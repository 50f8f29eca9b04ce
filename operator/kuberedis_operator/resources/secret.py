"""The Secret NAME-auth, the only child with a key in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kuberedis_operator.spec import Instance


def body(instance: Instance, key: str, previous: str | None = None, expires_at: datetime | None = None) -> dict[str, Any]:
    """The Secret.

    Args:
        instance: Whose Secret.
        key: The key.
        previous: The key that it replaced, while that is still valid.
        expires_at: When `previous` ends to be valid; an annotation, so that it is known even if the status is lost.
    """
    raise NotImplementedError
