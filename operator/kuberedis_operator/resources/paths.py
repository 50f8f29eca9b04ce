"""Paths in the containers that several children agree on."""

from __future__ import annotations

DATA_DIR = "/data"
"""Where Redis keeps its files."""
CONFIG_DIR = "/etc/kuberedis"
"""Where the ConfigMap is mounted; its members are the two files below."""
AUTH_DIR = f"{CONFIG_DIR}/auth"
"""Where the Secret is mounted; its members are the files with the keys."""
PASSWORD_DIR = f"{CONFIG_DIR}/redis"
"""Where the Secret with the password of Redis is mounted: all of it for the sidecar, the file below for Redis."""
GUARD_DIR = "/run/kuberedis"
"""Shared by both containers; the FIFO below is in it."""

GUARD = "guard"
"""The FIFO that the sidecar writes into to have Redis killed."""
USERS_CONF = "users.conf"
"""The part of Redis' configuration that names its default user, with hashes of the passwords."""
REDIS_CONF = "redis.conf"
"""The file that Redis reads at its start."""
LIVE_SETTINGS = "live.json"
"""The file with the settings that the sidecar applies to the running Redis."""
