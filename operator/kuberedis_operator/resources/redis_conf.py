"""The configuration of an instance's Redis: from a spec to redis.conf, and to the part of it that changes while Redis runs.

Every setting is in exactly one of two groups, and redis.conf holds both: the live ones are applied to the running Redis by
CONFIG SET, and those of `start_only` are covered by the restart hash.
"""

from __future__ import annotations

import json

from kuberedis_core.crd import redis_config
from kuberedis_core.crd.ports import REDIS_PORT
from kuberedis_core.crd.redis_config import live_settings, start_only_settings
from kuberedis_core.crd.spec import InstanceSpec
from kuberedis_core.server_tls import tls_settings
from kuberedis_operator.resources.paths import DATA_DIR, REDIS_SOCKET, TLS_DIR

_START_ONLY = {
    "dir": DATA_DIR,
    "appenddirname": "appendonlydir",
    "appendfilename": "appendonly.aof",
    # CONFIG SET may change dbfilename from within the pod, so by the sidecar alone, which lets no caller use CONFIG.
    "enable-protected-configs": "local",
}
_ALONE = {"bind": "127.0.0.1", "port": str(REDIS_PORT)}
# Others reach it by TLS alone, and the sidecar beside it by a Unix socket. Whoever has no certificate of the instance gets no further, so
# that the mode for servers without a password is not needed.
_AMONG_OTHERS = {
    "bind": "* -::*",
    "protected-mode": "no",
    "unixsocket": REDIS_SOCKET,
    "unixsocketperm": "770",
    **tls_settings(TLS_DIR, REDIS_PORT),
}


def start_only(spec: InstanceSpec) -> dict[str, str]:
    """The settings that only a restart changes."""
    return {**(_AMONG_OTHERS if spec.is_replicated else _ALONE), **_START_ONLY, **start_only_settings(spec)}


def redis_conf(spec: InstanceSpec) -> str:
    """The file that Redis reads at its start."""
    return redis_config.redis_conf(dict(sorted((start_only(spec) | live_settings(spec)).items())))


def live_json(spec: InstanceSpec) -> str:
    """The file that the sidecar applies to the running Redis: an object of texts, in JSON."""
    return json.dumps(live_settings(spec), indent=2, sort_keys=True) + "\n"
