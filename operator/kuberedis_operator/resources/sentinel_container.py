"""The container `sentinel` of each of several members, and how its Sentinel starts.

Sentinel writes into the file that it starts from, so that is on the volume, and what it remembers there outlives the pod. All else in it is
replaced at every start by what is mounted. Nothing is kept of a file of another Sentinel, or if what is mounted says that it begins anew.

The sidecar ends it, with SHUTDOWN, for it to read a new certificate. Then it starts anew in the same container: Kubernetes would wait
before it starts a container again, longer each time, and the pod would not be ready meanwhile.
"""

from __future__ import annotations

from typing import Any

from kuberedis_core.sentinel_conf import ANEW
from kuberedis_operator.resources import paths
from kuberedis_operator.topology.topology import Topology

_FILE = f"{paths.SENTINEL_DIR}/sentinel.conf"
_MONITOR = '"sentinel monitor "*'
_REMEMBERED = "config-epoch leader-epoch current-epoch known-replica known-sentinel auth-pass sentinel-pass".split()
_STATE = "|".join((_MONITOR, *(f'"sentinel {name} "*' for name in _REMEMBERED)))

# In an image there is a shell, and nothing else for certain. The host has the name of the pod, which ends with the ordinal of the member.
START_SENTINEL = f"""\
set -e
umask 077
mkdir -p {paths.SENTINEL_DIR}
wanted={paths.CONFIG_DIR}/{paths.sentinel_conf("${HOSTNAME##*-}")}
file={_FILE}
server=$(command -v valkey-server || command -v redis-server)
write_file() {{
  touch $file
  id= anew= same= primary=
  while read -r line; do case $line in "sentinel myid "*) id=$line;; "{ANEW}") anew=yes;; esac; done <$wanted
  [ "$anew" ] || while read -r line; do case $line in "$id") same=yes;; esac; done <$file
  [ ! "$same" ] || while read -r line; do case $line in {_MONITOR}) primary=yes;; esac; done <$file
  {{
    while read -r line; do
      case $line in {_MONITOR}) [ ! "$primary" ] || continue;; esac
      printf '%s\\n' "$line"
    done <$wanted
    [ ! "$same" ] || while read -r line; do case $line in {_STATE}) printf '%s\\n' "$line";; esac; done <$file
    while read -r line; do printf '%s\\n' "$line"; done <{paths.REPLICATION_DIR}/{paths.SENTINEL_USERS}
  }} >$file.new
  mv $file.new $file
}}
pid=
trap '[ "$pid" ] || exit 0; kill "$pid"; wait "$pid"; exit $?' TERM
while :; do
  write_file
  "$server" $file --sentinel &
  pid=$!
  wait "$pid" || exit
  pid=
  sleep 0.2
done
"""


def sentinel_container(topology: Topology) -> dict[str, Any]:
    """The container, without what all containers of the pod have in common."""
    return {
        "name": "sentinel",
        "image": topology.redis_image,
        "command": ["sh", "-c", START_SENTINEL],
        "workingDir": paths.DATA_DIR,
        "resources": topology.sentinel_resources,
    }
