"""The settings of a running Redis that follow from a spec, the same in a cluster and in local mode."""

from __future__ import annotations

from collections.abc import Mapping

from kuberedis_core.crd.redis_options import START_ONLY
from kuberedis_core.crd.spec import InstanceSpec, Persistence

SNAPSHOT = "dump.rdb"
"""Where snapshots are with `persistence: rdb`."""

# A snapshot that somebody makes by hand is not what Redis starts from, unless snapshots are how it keeps its data.
_BY_HAND = "snapshot.rdb"
PERSISTENCE: Mapping[Persistence, Mapping[str, str]] = {
    "aof": {"appendonly": "yes", "save": "", "dbfilename": _BY_HAND},
    "rdb": {"appendonly": "no", "save": "3600 1 300 100 60 10000", "dbfilename": SNAPSHOT},
    "none": {"appendonly": "no", "save": "", "dbfilename": _BY_HAND},
}
"""The settings that follow from `spec.persistence`; CONFIG SET changes them."""


def live_settings(spec: InstanceSpec) -> dict[str, str]:
    """The settings that CONFIG SET changes while Redis runs, by name."""
    return {
        "maxmemory": str(spec.maxmemory),
        "maxmemory-policy": spec.eviction_policy,
        **PERSISTENCE[spec.persistence],
        **{name: value for name, value in spec.config.items() if name not in START_ONLY},
    }
