"""The ConfigMap NAME-config: redis.conf, and what the sidecar applies whenever it changes: a part of that, and whether it logs requests.

With several members also where they are, and the file that each of their Sentinels starts with.
"""

from __future__ import annotations

from kuberedis_core import members
from kuberedis_core.body import Body
from kuberedis_core.sentinel_conf import sentinel_conf
from kuberedis_core.sidecar_environment import ACCESS_LOG_FILE
from kuberedis_operator.resources import paths
from kuberedis_operator.resources.kinds import CONFIG_MAP
from kuberedis_operator.resources.objects import child
from kuberedis_operator.resources.redis_conf import live_json, redis_conf
from kuberedis_operator.topology.topology import Topology


def build(topology: Topology) -> Body:
    """The ConfigMap."""
    files = {
        paths.REDIS_CONF: redis_conf(topology.spec),
        paths.LIVE_SETTINGS: live_json(topology.spec),
        ACCESS_LOG_FILE: "true" if topology.access_log else "false",
    }
    if topology.spec.is_replicated:
        formation = topology.formation
        founder, promote = (formation.founder, formation.promote) if formation is not None else (None, None)
        files[paths.MEMBERS_FILE] = members.dump(topology.addresses, founder=founder, promote=promote)
        files |= {
            paths.sentinel_conf(member.ordinal): _sentinel_conf(topology, member.ordinal, anew=founder is not None)
            for member in topology.members
        }
    return child(topology.instance, CONFIG_MAP, topology.config_map, "redis", data=files)


def former_addresses(config_map: Body | None) -> dict[str, str]:
    """Addresses that members had when the ConfigMap was written last, by name of the member; empty if it holds none."""
    text = ((config_map or {}).get("data") or {}).get(paths.MEMBERS_FILE)
    try:
        return {member.name: member.host for member in members.load(text)} if text else {}
    except ValueError:
        return {}


def _sentinel_conf(topology: Topology, ordinal: int, *, anew: bool) -> str:
    return sentinel_conf(
        instance=topology.name,
        uid=topology.instance.uid,
        members=topology.addresses,
        ordinal=ordinal,
        detect_after_seconds=topology.spec.detect_after_seconds,
        directory=paths.SENTINEL_DIR,
        socket=paths.SENTINEL_SOCKET,
        tls_directory=paths.TLS_DIR,
        anew=anew,
    )
