"""Paths in the containers that several children agree on."""

from __future__ import annotations

from kuberedis_core.member_control import MARK_NAME

DATA_DIR = "/data"
"""Where Redis keeps its files."""
CONFIG_DIR = "/etc/kuberedis"
"""Where the ConfigMap is mounted; its members are the files below."""
AUTH_DIR = f"{CONFIG_DIR}/auth"
"""Where the Secret is mounted; its members are the files with the keys."""
PASSWORD_DIR = f"{CONFIG_DIR}/redis"
"""Where the Secret with the password of Redis is mounted: all of it for the sidecar, the file below for Redis."""
REPLICATION_DIR = f"{CONFIG_DIR}/replication"
"""Where the Secret with the password of several members is mounted: all of it for the sidecar, a file with hashes for the servers."""
TLS_DIR = f"{CONFIG_DIR}/tls"
"""Where the certificate of several members is mounted."""
SENTINEL_DIR = f"{DATA_DIR}/sentinel"
"""Where Sentinel keeps its file, which has to survive as the data do."""
RUN_DIR = "/run/kuberedis"
"""Shared by all containers of a pod; FIFO and sockets are in it."""

REDIS_SOCKET = f"{RUN_DIR}/redis.sock"
"""Where the sidecar reaches the Redis of several members."""
SENTINEL_SOCKET = f"{RUN_DIR}/sentinel.sock"
"""The same of Sentinel."""
IN_USE_MARK = f"{RUN_DIR}/{MARK_NAME}"
"""The file that is there until Redis and Sentinel may end."""

GUARD = "guard"
"""The FIFO that the sidecar writes into to have Redis killed."""
USERS_CONF = "users.conf"
"""The part of Redis' configuration that names its users, with hashes of the passwords: a member of both Secrets with passwords."""
REDIS_CONF = "redis.conf"
"""The file that Redis reads at its start."""
LIVE_SETTINGS = "live.json"
"""The file with the settings that the sidecar applies to the running Redis."""
MEMBERS_FILE = "members.json"
"""The file with the addresses of several members (see `kuberedis_core.members`)."""
SENTINEL_USERS = "sentinel.conf"
"""The part of Sentinel's configuration that names its default user, with hashes of the passwords."""


def sentinel_conf(ordinal: int | str) -> str:
    """The file that the Sentinel of a member starts with."""
    return f"sentinel-{ordinal}.conf"
