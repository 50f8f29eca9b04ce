"""The Secret NAME-replication: the password that several members have for each other.

The sidecars mount all of it, Redis and Sentinel only the parts of their configurations with hashes.
"""

from __future__ import annotations

from kuberedis_core.body import Body
from kuberedis_core.redis_users import ADMINISTRATOR, default_user, replication_users, user_line
from kuberedis_operator.resources.password_secret import RedisPassword, secret_with
from kuberedis_operator.resources.paths import SENTINEL_USERS, USERS_CONF
from kuberedis_operator.topology.topology import Topology


def build(topology: Topology, password: RedisPassword) -> Body:
    """The Secret with `password`."""
    users = replication_users(password.valid)
    files = {
        USERS_CONF: "".join(user_line(name, rules) for name, rules in users.items()),
        SENTINEL_USERS: user_line(ADMINISTRATOR, default_user(password.valid)),
    }
    return secret_with(topology, topology.replication_secret, password, files)
