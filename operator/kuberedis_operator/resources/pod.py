"""The pod of an instance: Redis and its sidecar, side by side under the restricted Pod Security Standard.

Only the sidecar holds the key and listens to the outside; Redis listens on the loopback address that the two share. What is here restarts
the pod when it changes, but for `resources`, which change in place, and metadata.
"""

from __future__ import annotations

from typing import Any

from kuberedis_core.crd.names import config_map_name, secret_name
from kuberedis_core.crd.ports import SIDECAR_PORT
from kuberedis_core.crd.spec import Instance
from kuberedis_operator.resources.ports import HTTP
from kuberedis_operator.settings import OperatorSettings
from kuberedis_operator.topology.container_resources import redis_resources, sidecar_resources
from kuberedis_operator.topology.images import image_of

DATA = "data"
"""The volume with Redis' files."""

_CONFIG_DIR = "/etc/kuberedis"
_AUTH_DIR = f"{_CONFIG_DIR}/auth"
_DATA_DIR = "/data"

# The end of the log of a container that failed is in the pod's status then, and from there in the instance's.
_LAST_WORDS = {"terminationMessagePolicy": "FallbackToLogsOnError"}

_USER = 65532
"""Nobody in particular, in any image; the group lets both containers read what is mounted."""

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
  set -- --appendonly yes
elif [ -e dump.rdb ]; then
  rm -rf appendonlydir
  set -- --appendonly no --dbfilename dump.rdb
fi
exec "$(command -v valkey-server || command -v redis-server)" "$0" "$@"
"""


def pod_spec(instance: Instance, settings: OperatorSettings) -> dict[str, Any]:
    """`spec` of the pod's template."""
    return {
        **instance.spec.pod_template.pod_spec,
        "containers": [_redis(instance, settings), _sidecar(instance, settings)],
        "volumes": _volumes(instance),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 60,
    }


def _redis(instance: Instance, settings: OperatorSettings) -> dict[str, Any]:
    # No liveness probe: a restart mends neither a slow disk nor a large data set. The sidecar's readiness tells whether Redis answers.
    return {
        "name": "redis",
        "image": image_of(instance.spec, settings),
        "command": ["sh", "-c", _START_REDIS, f"{_CONFIG_DIR}/redis.conf"],
        "workingDir": _DATA_DIR,
        **_LAST_WORDS,
        "resources": redis_resources(instance.spec),
        "securityContext": _locked_down(),
        "volumeMounts": [
            {"name": DATA, "mountPath": _DATA_DIR},
            {"name": "config", "mountPath": _CONFIG_DIR, "readOnly": True},
        ],
    }


def _sidecar(instance: Instance, settings: OperatorSettings) -> dict[str, Any]:
    return {
        "name": "sidecar",
        "image": settings.sidecar_image,
        **_LAST_WORDS,
        "env": [{"name": name, "value": value} for name, value in _environment(instance, settings).items()],
        "ports": [{"name": HTTP, "containerPort": SIDECAR_PORT, "protocol": "TCP"}],
        "startupProbe": _probe("/livez", period=1, failures=60),
        "livenessProbe": _probe("/livez", period=10, failures=3),
        "readinessProbe": _probe("/readyz", period=2, failures=3),
        "resources": sidecar_resources(instance.spec),
        "securityContext": _locked_down(),
        "volumeMounts": [
            {"name": "config", "mountPath": _CONFIG_DIR, "readOnly": True},
            {"name": "auth", "mountPath": _AUTH_DIR, "readOnly": True},
        ],
    }


def _environment(instance: Instance, settings: OperatorSettings) -> dict[str, str]:
    return {
        "KUBEREDIS_INSTANCE": instance.name,
        "KUBEREDIS_BASE_PATH": settings.path(instance.namespace, instance.name),
        "KUBEREDIS_LISTEN": f"0.0.0.0:{SIDECAR_PORT}",
        "KUBEREDIS_REDIS_URL": "redis://127.0.0.1:6379",
        "KUBEREDIS_REDIS_SETTINGS_FILE": f"{_CONFIG_DIR}/live.json",
        "KUBEREDIS_AUTH_DIR": _AUTH_DIR,
        "KUBEREDIS_ACCESS_LOG": "false",
        **instance.spec.limits,
    }


def _probe(path: str, *, period: int, failures: int) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": HTTP}, "periodSeconds": period, "timeoutSeconds": 5, "failureThreshold": failures}


def _locked_down() -> dict[str, Any]:
    return {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


def _volumes(instance: Instance) -> list[dict[str, Any]]:
    # Readable for the group, so for both containers, and for nobody else. With persistence, the data are a claim of the StatefulSet.
    volumes: list[dict[str, Any]] = [
        {"name": "config", "configMap": {"name": config_map_name(instance.name), "defaultMode": 0o440}},
        {"name": "auth", "secret": {"secretName": secret_name(instance.name), "defaultMode": 0o440}},
    ]
    return volumes + ([{"name": DATA, "emptyDir": {}}] if instance.spec.persistence == "none" else [])
