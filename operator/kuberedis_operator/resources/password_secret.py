"""The Secret NAME-redis-password: the password of the default user of an instance's Redis.

It is apart from the Secret with the instance's key, because that may belong to the user, and because who reads the key need not read this.
The sidecar mounts all members as files, Redis only the one with hashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kuberedis_core.body import Body
from kuberedis_core.crd.kind import GROUP
from kuberedis_core.credentials import PASSWORD_FILE, previous_password_name
from kuberedis_core.redis_users import ADMINISTRATOR, default_user, user_line
from kuberedis_core.timestamps import format_time, parse_time
from kuberedis_operator.resources import secret_data
from kuberedis_operator.resources.kinds import SECRET
from kuberedis_operator.resources.objects import child
from kuberedis_operator.resources.paths import USERS_CONF
from kuberedis_operator.topology.topology import Topology

_PREVIOUS = previous_password_name(PASSWORD_FILE)
_REQUEST = f"{GROUP}/rotate-key-handled"
_PREVIOUS_EXPIRES_AT = f"{GROUP}/previous-password-expires-at"


@dataclass(frozen=True, slots=True)
class RedisPassword:
    """The password of an instance's Redis and its origin."""

    password: str
    previous: str | None = None
    """The password that it replaced, while that is still valid."""
    previous_expires_at: datetime | None = None
    request: str = ""
    """The value of the annotation `rotate-key` that was handled last."""

    @property
    def valid(self) -> list[str]:
        """Every valid password, the current one first."""
        return [self.password, self.previous] if self.previous else [self.password]


def build(topology: Topology, password: RedisPassword) -> Body:
    """The Secret with `password`."""
    users = user_line(ADMINISTRATOR, default_user(password.valid))
    return secret_with(topology, topology.password_secret, password, {USERS_CONF: users})


def secret_with(topology: Topology, name: str, password: RedisPassword, files: Mapping[str, str]) -> Body:
    """A Secret with a password that is rotated.

    Args:
        topology: topology of the instance.
        name: name of the Secret.
        password: the password.
        files: members beside it, such as parts of configurations with hashes.
    """
    expires_at = password.previous_expires_at
    annotations = {_REQUEST: password.request, _PREVIOUS_EXPIRES_AT: format_time(expires_at) if expires_at else ""}
    members = {
        PASSWORD_FILE: password.password,
        # Always there, so that a folder in which it is missing is not a folder of this Secret.
        _PREVIOUS: password.previous or "",
        **files,
    }
    return child(
        topology.instance,
        SECRET,
        name,
        "credentials",
        annotations={name: value for name, value in annotations.items() if value},
        type="Opaque",
        data=secret_data.encode(members),
    )


def read(secret: Body) -> RedisPassword | None:
    """The password in such a Secret, or None if it holds none."""
    data = secret.get("data") or {}
    annotations = secret["metadata"].get("annotations") or {}
    if not (password := secret_data.decode(data.get(PASSWORD_FILE))):
        return None
    return RedisPassword(
        password,
        previous=secret_data.decode(data.get(_PREVIOUS)) or None,
        previous_expires_at=parse_time(annotations.get(_PREVIOUS_EXPIRES_AT)),
        request=annotations.get(_REQUEST, ""),
    )
