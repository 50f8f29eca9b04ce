"""The Secret NAME-auth, the only child that holds a key: how the keys of an instance are written into it, and read from it.

The sidecar mounts it as a folder, so its members are that folder's files. Annotations say where the keys come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from kuberedis_core.body import Body
from kuberedis_core.crd.kind import GROUP
from kuberedis_core.crd.names import MAX_TOKEN_SECONDS, PREVIOUS_KEY_EXPIRES_AT, REVOCATIONS_SEEN
from kuberedis_core.credentials import KEY_FILE, PREVIOUS_KEY_FILE, REVOKED_FILE
from kuberedis_core.timestamps import format_time, parse_time
from kuberedis_operator.resources import secret_data
from kuberedis_operator.resources.kinds import SECRET
from kuberedis_operator.resources.objects import child
from kuberedis_operator.resources.ssa_diff import digest
from kuberedis_operator.topology.topology import Topology

_REQUEST = f"{GROUP}/rotate-key-handled"
_MADE_AT = f"{GROUP}/key-made-at"
_ORIGIN = f"{GROUP}/key-made-because"

_CLOCKS_DIFFER = timedelta(minutes=1)
"""The API server dates a Secret, the operator the key in it."""

Origin = Literal["created", "rotated", "replaced"]


@dataclass(frozen=True, slots=True)
class InstanceKeys:
    """The keys of an instance and their origin."""

    key: str
    previous: str | None = None
    """The key that `key` replaced, while it is still valid."""
    previous_expires_at: datetime | None = None
    request: str = ""
    """The value of the annotation `rotate-key` that was handled last."""
    made_at: datetime | None = None
    """When the key was made; None if its owner supplied it."""
    origin: Origin = "created"
    revocations: str = ""
    """A hash of the revoked tokens in the Secret, which whoever revokes them writes."""

    def annotations(self) -> dict[str, str]:
        """What is recorded beside the keys, so that it is known even if the status is lost."""
        values = {
            _REQUEST: self.request,
            _MADE_AT: format_time(self.made_at) if self.made_at else "",
            _ORIGIN: self.origin,
            PREVIOUS_KEY_EXPIRES_AT: format_time(self.previous_expires_at) if self.previous_expires_at else "",
            REVOCATIONS_SEEN: self.revocations,
        }
        return {name: value for name, value in values.items() if value}


def build(topology: Topology, keys: InstanceKeys) -> Body:
    """The Secret with `keys`. It does not name the revoked tokens, so that to apply it leaves them as they are."""
    limit = {} if topology.max_token_seconds is None else {MAX_TOKEN_SECONDS: str(topology.max_token_seconds)}
    files = {KEY_FILE: keys.key} | ({PREVIOUS_KEY_FILE: keys.previous} if keys.previous is not None else {})
    return child(
        topology.instance,
        SECRET,
        topology.secret,
        "credentials",
        annotations=keys.annotations() | limit,
        type="Opaque",
        data=secret_data.encode(files),
    )


def read(secret: Body) -> InstanceKeys | None:
    """The keys in a Secret, or None if it holds no usable key."""
    data = secret.get("data") or {}
    annotations = secret["metadata"].get("annotations") or {}
    if not (key := secret_data.decode(data.get(KEY_FILE))):
        return None
    return InstanceKeys(
        key=key,
        previous=secret_data.decode(data.get(PREVIOUS_KEY_FILE)) or None,
        previous_expires_at=parse_time(annotations.get(PREVIOUS_KEY_EXPIRES_AT)),
        request=annotations.get(_REQUEST, ""),
        made_at=parse_time(annotations.get(_MADE_AT)),
        revocations=digest(data[REVOKED_FILE]) if data.get(REVOKED_FILE) else "",
        origin=next((origin for origin in get_args(Origin) if origin == annotations.get(_ORIGIN)), "created"),
    )


def is_restored(secret: Body) -> bool:
    """Whether a Secret is older than itself: restored from a backup with the key of a former instance, which its clients hold."""
    metadata = secret["metadata"]
    keys, created_at = read(secret), parse_time(metadata["creationTimestamp"])
    if "deletionTimestamp" in metadata or keys is None or keys.made_at is None or created_at is None:
        return False
    return created_at - keys.made_at > _CLOCKS_DIFFER
