"""The pods of an instance: Redis and its sidecar, side by side under the restricted Pod Security Standard; several members have a Sentinel.

Only the sidecar holds the key and the passwords, and serves clients on the pod's address; Redis and Sentinel have hashes of the passwords.
The Redis of a member on its own listens on the loopback address that it shares with the sidecar; one of several listens on a Unix socket
for the sidecar, and with mutual TLS for the other members. A change of anything here restarts the pod, except `resources`, which change in
place, and metadata.
"""

from __future__ import annotations

from typing import Any

from kuberedis_core import sidecar_environment as env
from kuberedis_core.crd.names import DATA_VOLUME
from kuberedis_core.crd.ports import HTTP, REDIS_PORT, SIDECAR_PORT
from kuberedis_core.credentials import PASSWORD_FILE
from kuberedis_operator.resources.paths import (
    AUTH_DIR,
    CONFIG_DIR,
    DATA_DIR,
    GUARD,
    IN_USE_MARK,
    LIVE_SETTINGS,
    MEMBERS_FILE,
    PASSWORD_DIR,
    REDIS_CONF,
    REDIS_SOCKET,
    REPLICATION_DIR,
    RUN_DIR,
    SENTINEL_SOCKET,
    SENTINEL_USERS,
    TLS_DIR,
    USERS_CONF,
)
from kuberedis_operator.resources.placement import placement
from kuberedis_operator.resources.sentinel_container import sentinel_container
from kuberedis_operator.topology.topology import Topology
from kuberedis_operator.trace_settings import Traces

_GUARD = f"{RUN_DIR}/{GUARD}"

# Puts the end of a failed container's log into the pod's status, and from there into the instance's.
_LOG_IN_STATUS = {"terminationMessagePolicy": "FallbackToLogsOnError"}

GUARD_REDIS = """\
[ -p "$KUBEREDIS_REDIS_GUARD" ] || mkfifo -m 660 "$KUBEREDIS_REDIS_GUARD"
sh -c 'read -r _ <"$KUBEREDIS_REDIS_GUARD" && kill -INT $PPID && sleep 1 && kill -INT $PPID' &
"""
"""Has the shell, and Redis once it has replaced the shell, killed by a line in a FIFO.

Redis may be inside of a script that never ends. At the first SIGINT it shuts down if it can; at the second it ends at once, from within
the handler of the signal. It is the container's first process, for which the kernel ignores other signals from inside. It is
named as the parent of a shell, because Kubernetes reads the two dollar signs of a shell's own number as one.
"""

GIVE_BACK_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1048576", "MALLOC_TRIM_THRESHOLD_": "4194304"}
"""glibc maps what is larger than the first by itself, and gives it back when it is freed; of the rest it keeps the second (mallopt(3)).

Unless they are named, glibc raises both with the largest body that it has seen, and keeps what bodies took: a sixth of the limit was
measured. With less, each body of up to a mebibyte is memory that the kernel has to clear anew, which takes up to twice as long as all else.
"""

# Persistence can have changed, while Redis ran or with this start, so the newest data may be in files of the other kind. Redis begins with
# those, and the sidecar changes the running server over. Only `rdb` writes dump.rdb, so one newer than the append-only file replaced it.
_START_REDIS = """\
aof=appendonlydir/appendonly.aof.manifest
newest=aof
if [ ! -e $aof ]; then
  newest=rdb
elif [ dump.rdb -nt $aof ]; then
  newest=rdb
  while read -r _ file _; do [ dump.rdb -nt "appendonlydir/$file" ] || newest=aof; done <$aof
fi
if [ $newest = aof ]; then
  rm -f dump.rdb
  set -- "$@" --appendonly yes
elif [ -e dump.rdb ]; then
  rm -rf appendonlydir
  set -- "$@" --appendonly no --dbfilename dump.rdb
fi
exec "$(command -v valkey-server || command -v redis-server)" "$0" "$@"
"""


# Redis and Sentinel go on until another member has taken the role of the primary over, or cannot: SIGTERM follows only when this has ended.
_WHEN_RELEASED = f"i=0; while [ -e {IN_USE_MARK} ] && [ $i -lt 150 ]; do sleep 0.1; i=$((i+1)); done"


def pod_spec(topology: Topology) -> dict[str, Any]:
    """`spec` of the template of the members' pods."""
    sentinel = [_sentinel(topology)] if topology.spec.is_replicated else []
    return {
        **placement(topology),
        "containers": [_redis(topology), *sentinel, _sidecar(topology)],
        "volumes": _volumes(topology),
        "securityContext": _security_context(topology.pod_user),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 60,
    }


def _security_context(user: int | None) -> dict[str, Any]:
    # The group lets both containers read what is mounted. A platform that chooses the user chooses the group too, and refuses any other.
    chosen = {"runAsUser": user, "runAsGroup": user, "fsGroup": user} if user is not None else {}
    return {"runAsNonRoot": True, **chosen, "fsGroupChangePolicy": "OnRootMismatch", "seccompProfile": {"type": "RuntimeDefault"}}


def _redis(topology: Topology) -> dict[str, Any]:
    # No liveness probe: a restart fixes neither a slow disk nor a large data set. The sidecar's readiness shows whether Redis answers, and
    # the sidecar ends a Redis that only an endless script keeps from answering.
    command = ["sh", "-c", GUARD_REDIS + _START_REDIS, f"{CONFIG_DIR}/{REDIS_CONF}", "--include", f"{PASSWORD_DIR}/{USERS_CONF}"]
    container: dict[str, Any] = {
        "name": "redis",
        "image": topology.redis_image,
        "command": command,
        "env": [{"name": env.REDIS_GUARD, "value": _GUARD}],
        "workingDir": DATA_DIR,
        **_LOG_IN_STATUS,
        "resources": topology.redis_resources,
        "securityContext": _locked_down(),
        "volumeMounts": [
            {"name": DATA_VOLUME, "mountPath": DATA_DIR},
            {"name": "config", "mountPath": CONFIG_DIR, "readOnly": True},
            {"name": "redis-users", "mountPath": PASSWORD_DIR, "readOnly": True},
            {"name": "guard", "mountPath": RUN_DIR},
        ],
    }
    if topology.spec.is_replicated:
        container["command"] = [*command, "--include", f"{REPLICATION_DIR}/{USERS_CONF}"]
        container["volumeMounts"] += _member_mounts("replication-users")
        container["lifecycle"] = _pre_stop("sh", "-c", _WHEN_RELEASED)
    return container


def _sentinel(topology: Topology) -> dict[str, Any]:
    return {
        **sentinel_container(topology),
        **_LOG_IN_STATUS,
        "securityContext": _locked_down(),
        "lifecycle": _pre_stop("sh", "-c", _WHEN_RELEASED),
        "volumeMounts": [
            {"name": DATA_VOLUME, "mountPath": DATA_DIR},
            {"name": "config", "mountPath": CONFIG_DIR, "readOnly": True},
            {"name": "guard", "mountPath": RUN_DIR},
            *_member_mounts("sentinel-users"),
        ],
    }


def _sidecar(topology: Topology) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": "sidecar",
        "image": topology.sidecar_image,
        **_LOG_IN_STATUS,
        "env": [{"name": name, "value": value} for name, value in _environment(topology).items()] + _credential_of_traces(topology.traces),
        "ports": [{"name": HTTP, "containerPort": SIDECAR_PORT, "protocol": "TCP"}],
        "startupProbe": _probe("/livez", period=1, failures=60),
        "livenessProbe": _probe("/livez", period=10, failures=3),
        "readinessProbe": _probe("/readyz", period=2, failures=3),
        "resources": topology.sidecar_resources,
        "securityContext": _locked_down(),
        "volumeMounts": [
            {"name": "config", "mountPath": CONFIG_DIR, "readOnly": True},
            {"name": "auth", "mountPath": AUTH_DIR, "readOnly": True},
            {"name": "redis-password", "mountPath": PASSWORD_DIR, "readOnly": True},
            {"name": "guard", "mountPath": RUN_DIR},
        ],
    }
    if topology.spec.is_replicated:
        container["env"] += [{"name": env.MEMBER, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}}]
        container["volumeMounts"] += _member_mounts("replication-password")
        container["lifecycle"] = _pre_stop("kuberedis-sidecar", "pre-stop")
    return container


def _environment(topology: Topology) -> dict[str, str]:
    return {
        env.INSTANCE: topology.name,
        env.BASE_PATH: topology.base_path,
        env.LISTEN: f"0.0.0.0:{SIDECAR_PORT}",
        env.REDIS_URL: f"unix://{REDIS_SOCKET}" if topology.spec.is_replicated else f"redis://127.0.0.1:{REDIS_PORT}",
        env.REDIS_PASSWORD_FILE: f"{PASSWORD_DIR}/{PASSWORD_FILE}",
        env.REDIS_GUARD: _GUARD,
        env.REDIS_SETTINGS_FILE: f"{CONFIG_DIR}/{LIVE_SETTINGS}",
        env.AUTH_DIR: AUTH_DIR,
        env.ACCESS_LOG: "false",
        env.MEMORY_BYTES: str(topology.spec.sidecar_memory),
        **GIVE_BACK_MEMORY,
        # Without it there is one.
        **({env.WORKERS: str(topology.spec.sidecar_workers)} if topology.spec.sidecar_workers > 1 else {}),
        **(_member_environment(topology) if topology.spec.is_replicated else {}),
        **topology.spec.limits,
        **({} if topology.max_token_seconds is None else {env.MAX_TOKEN_SECONDS: str(topology.max_token_seconds)}),
        **({} if topology.traces is None else _traces(topology, topology.traces)),
    }


def _traces(topology: Topology, traces: Traces) -> dict[str, str]:
    """See https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/."""
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": traces.endpoint,
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": traces.ratio,
        "OTEL_RESOURCE_ATTRIBUTES": f"k8s.namespace.name={topology.namespace},kuberedis.instance.name={topology.name}",
    }


def _credential_of_traces(traces: Traces | None) -> list[dict[str, Any]]:
    if traces is None or traces.headers_secret is None:
        return []
    name, key = traces.headers_secret
    # A namespace without the Secret has instances without traces, and not instances that do not start.
    return [{"name": "OTEL_EXPORTER_OTLP_HEADERS", "valueFrom": {"secretKeyRef": {"name": name, "key": key, "optional": True}}}]


def _member_environment(topology: Topology) -> dict[str, str]:
    return {
        env.MEMBERS_FILE: f"{CONFIG_DIR}/{MEMBERS_FILE}",
        env.SENTINEL_URL: f"unix://{SENTINEL_SOCKET}",
        env.REPLICATION_PASSWORD_FILE: f"{REPLICATION_DIR}/{PASSWORD_FILE}",
        env.TLS_DIR: TLS_DIR,
        env.RUN_DIR: RUN_DIR,
        env.DETECT_AFTER_SECONDS: str(topology.spec.detect_after_seconds),
    }


def _member_mounts(secret: str) -> list[dict[str, Any]]:
    """What each container of several members mounts: that part of the Secret with their password, and their certificate."""
    return [
        {"name": secret, "mountPath": REPLICATION_DIR, "readOnly": True},
        {"name": "tls", "mountPath": TLS_DIR, "readOnly": True},
    ]


def _pre_stop(*command: str) -> dict[str, Any]:
    return {"preStop": {"exec": {"command": list(command)}}}


def _probe(path: str, *, period: int, failures: int) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": HTTP}, "periodSeconds": period, "timeoutSeconds": 5, "failureThreshold": failures}


def _locked_down() -> dict[str, Any]:
    return {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


def _volumes(topology: Topology) -> list[dict[str, Any]]:
    # With persistence, the data are a claim of the StatefulSet. Sockets need no disk.
    volumes: list[dict[str, Any]] = [
        {"name": "config", "configMap": {"name": topology.config_map, "defaultMode": 0o440}},
        _secret("auth", topology.secret),
        _secret("redis-password", topology.password_secret),
        {"name": "guard", "emptyDir": {"medium": "Memory"} if topology.spec.is_replicated else {}},
        _secret("redis-users", topology.password_secret, USERS_CONF),
    ]
    if topology.spec.is_replicated:
        volumes += [
            _secret("replication-password", topology.replication_secret),
            _secret("replication-users", topology.replication_secret, USERS_CONF),
            _secret("sentinel-users", topology.replication_secret, SENTINEL_USERS),
            _secret("tls", topology.tls_secret),
        ]
    return volumes + ([{"name": DATA_VOLUME, "emptyDir": {}}] if topology.volume is None else [])


def _secret(name: str, secret: str, *members: str) -> dict[str, Any]:
    """A volume with a Secret, or with these members of it; readable for the group, so for all containers, and for nobody else."""
    source: dict[str, Any] = {"secretName": secret, "defaultMode": 0o440}
    return {"name": name, "secret": source | ({"items": [{"key": key, "path": key} for key in members]} if members else {})}
