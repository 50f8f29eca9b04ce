"""The environment of a sidecar: a contract between the sidecar, the operator, local mode, and anyone who runs `kuberedis-sidecar` by hand.

docs/reference/configuration.md describes the variables. The limits here are facts that the operator sizes a sidecar's memory by.
"""

from __future__ import annotations

from kuberedis_core.environment import LISTEN, LOG_LEVEL

__all__ = ["LISTEN", "LOG_LEVEL"]

INSTANCE = "KUBEREDIS_INSTANCE"
BASE_PATH = "KUBEREDIS_BASE_PATH"
AUTH_DIR = "KUBEREDIS_AUTH_DIR"
REDIS_URL = "KUBEREDIS_REDIS_URL"
REDIS_PASSWORD_FILE = "KUBEREDIS_REDIS_PASSWORD_FILE"  # noqa: S105 the name of a variable
REDIS_SETTINGS_FILE = "KUBEREDIS_REDIS_SETTINGS_FILE"
REDIS_GUARD = "KUBEREDIS_REDIS_GUARD"
MEMBER = "KUBEREDIS_MEMBER"
MEMBERS_FILE = "KUBEREDIS_MEMBERS_FILE"
SENTINEL_URL = "KUBEREDIS_SENTINEL_URL"
REPLICATION_PASSWORD_FILE = "KUBEREDIS_REPLICATION_PASSWORD_FILE"  # noqa: S105 the name of a variable
TLS_DIR = "KUBEREDIS_TLS_DIR"
RUN_DIR = "KUBEREDIS_RUN_DIR"
DETECT_AFTER_SECONDS = "KUBEREDIS_DETECT_AFTER_SECONDS"
MEMORY_BYTES = "KUBEREDIS_MEMORY_BYTES"
MAX_BODY_BYTES = "KUBEREDIS_MAX_BODY_BYTES"
MAX_HEAD_BYTES = "KUBEREDIS_MAX_HEAD_BYTES"
MAX_PIPELINE_COMMANDS = "KUBEREDIS_MAX_PIPELINE_COMMANDS"
MAX_BLOCKING_CONNECTIONS = "KUBEREDIS_MAX_BLOCKING_CONNECTIONS"
MAX_SUBSCRIBERS = "KUBEREDIS_MAX_SUBSCRIBERS"
MAX_REQUESTS = "KUBEREDIS_MAX_REQUESTS"
MAX_GRANTS = "KUBEREDIS_MAX_GRANTS"
MAX_TOKEN_SECONDS = "KUBEREDIS_MAX_TOKEN_SECONDS"  # noqa: S105 the name of a variable
REQUEST_TIMEOUT_SECONDS = "KUBEREDIS_REQUEST_TIMEOUT_SECONDS"
SCRIPT_TIMEOUT_SECONDS = "KUBEREDIS_SCRIPT_TIMEOUT_SECONDS"
HEARTBEAT_SECONDS = "KUBEREDIS_HEARTBEAT_SECONDS"
SHUTDOWN_GRACE_SECONDS = "KUBEREDIS_SHUTDOWN_GRACE_SECONDS"
ACCESS_LOG = "KUBEREDIS_ACCESS_LOG"
ACCESS_LOG_FILE = "access-log"
"""A file that may be beside that of `REDIS_SETTINGS_FILE`: `true` or `false` in place of `ACCESS_LOG`, which it changes at any time."""
CORS_ORIGINS = "KUBEREDIS_CORS_ORIGINS"
FAST_PATH = "KUBEREDIS_FAST_PATH"
WORKERS = "KUBEREDIS_WORKERS"

DEFAULT_MEMORY_BYTES = 256 * 2**20
"""Memory limit of the container of a sidecar."""
BASE_MEMORY_BYTES = 96 * 2**20
"""The part of that limit for the process itself, its connections and fragmentation, and a reserve. The rest is for requests and answers."""
MIN_MEMORY_BYTES = BASE_MEMORY_BYTES + 32 * 2**20
WORKER_MEMORY_BYTES = 32 * 2**20
"""What each worker process beyond the first adds to `BASE_MEMORY_BYTES`."""
MAX_WORKERS = 16
"""The most worker processes of a sidecar: Redis has one thread for commands, which a few of them keep busy."""
SMALLEST_MAX_HEAD_BYTES = 8192
LARGEST_MAX_HEAD_BYTES = 60 * 1024
"""Bytes of a request line and the header fields; the default of `MAX_HEAD_BYTES`."""

DEFAULT_MAX_BODY_BYTES = 10 * 2**20
MEMORY_PER_BODY_BYTE = 16
"""Bytes of memory beyond `BASE_MEMORY_BYTES` for each byte of the largest body: JSON takes up to 8 times its size while it is read, and a
credential gets half of the memory."""


def memory_for_bodies(max_body_bytes: int, workers: int = 1) -> int:
    """The least memory limit, in bytes, of a sidecar with that many workers, each of which takes bodies of that size."""
    return max(MIN_MEMORY_BYTES, base_memory(workers) + workers * MEMORY_PER_BODY_BYTE * max_body_bytes)


def default_max_body_bytes(memory_bytes: int, workers: int = 1) -> int:
    """The largest body, in bytes, unless it is set: one that fits into the part of that memory limit that each worker has."""
    return min(DEFAULT_MAX_BODY_BYTES, (memory_bytes - base_memory(workers)) // (workers * MEMORY_PER_BODY_BYTE))


def base_memory(workers: int) -> int:
    """The part of the memory limit, in bytes, that is not for requests and answers."""
    return BASE_MEMORY_BYTES + (workers - 1) * WORKER_MEMORY_BYTES
