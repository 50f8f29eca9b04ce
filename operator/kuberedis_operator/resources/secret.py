"""The Secret NAME-auth, the only child with a key in it.

The sidecar mounts it as a folder, so its members are that folder's files.
"""

from __future__ import annotations

import base64
from datetime import datetime

from kuberedis_core.crd.names import PREVIOUS_KEY_EXPIRES_AT, secret_name
from kuberedis_core.crd.spec import Instance
from kuberedis_operator.resources.objects import Body, child


def body(instance: Instance, key: str, previous: str | None = None, expires_at: datetime | None = None) -> Body:
    """The Secret.

    Args:
        instance: Whose Secret.
        key: The key.
        previous: The key that it replaced, while that is still valid.
        expires_at: When `previous` ends to be valid, in UTC; an annotation, so that it is known even if the status is lost.
    """
    keys = {"api_key": key} | ({"api_key_previous": previous} if previous is not None else {})
    return child(
        instance,
        ("v1", "Secret"),
        secret_name(instance.name),
        "credentials",
        annotations={PREVIOUS_KEY_EXPIRES_AT: f"{expires_at:%Y-%m-%dT%H:%M:%SZ}"} if expires_at is not None else None,
        type="Opaque",
        data={name: base64.b64encode(value.encode()).decode() for name, value in keys.items()},
    )
