"""The sentinel.conf of a member, the same in a cluster and in local mode. Pure.

A Sentinel rewrites its file: whom it takes for the primary, the epochs that it has voted in, and the passwords, which only the sidecar
beside it knows, are in there and nowhere else. So this text is for one that has never run, and whoever starts one again keeps these.

Source: https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from kuberedis_core.crd.redis_config import redis_conf
from kuberedis_core.members import QUORUM, MemberAddress
from kuberedis_core.redis_users import SENTINEL_USER
from kuberedis_core.server_tls import tls_settings

FAILOVER_TIMEOUT_SECONDS = 5
"""An attempt that failed is repeated twice this time later."""
_RECONFIGURED_AT_ONCE = 2
"""Replicas that begin to follow a new primary at the same time: both, so that it has copies soon."""

ANEW = "# anew"
"""Line in the file of a Sentinel that keeps nothing of what it knew."""


def sentinel_id(uid: str, ordinal: int) -> str:
    """`sentinel myid` of a member: always the same, because Sentinels never forget one, and count it in every vote.

    Args:
        uid: uid of the instance.
        ordinal: ordinal of the member.
    """
    return hashlib.sha1(f"{uid}/{ordinal}".encode(), usedforsecurity=False).hexdigest()


def sentinel_conf(
    *,
    instance: str,
    uid: str,
    members: Sequence[MemberAddress],
    ordinal: int,
    detect_after_seconds: int,
    directory: str,
    socket: str,
    tls_directory: str | None,
    anew: bool = False,
    primary: int = 0,
) -> str:
    """The file of a Sentinel that has never run.

    Args:
        instance: name of the instance, which is that of the primary in Sentinel's commands.
        uid: uid of the instance.
        members: addresses of all members, by ordinal.
        ordinal: the member that the Sentinel belongs to.
        detect_after_seconds: time without an answer after which a server is taken for down.
        directory: its working directory, which it can write to.
        socket: Unix socket for the sidecar beside it.
        tls_directory: folder with the certificate; None to listen in plain text, on the loopback address.
        anew: whether it shall forget what it knows.
        primary: ordinal of the member that it takes for the primary until the others know better.
    """
    own, first = members[ordinal], members[primary]
    listen = (
        {"bind": "127.0.0.1", "port": str(own.sentinel_port)}
        if tls_directory is None
        else {"bind": "* -::*", **tls_settings(tls_directory, own.sentinel_port)}
    )
    lines = [
        f"myid {sentinel_id(uid, ordinal)}",
        f"announce-ip {own.host}",
        f"announce-port {own.sentinel_port}",
        "resolve-hostnames no",
        "deny-scripts-reconfig yes",
        f"monitor {instance} {first.host} {first.redis_port} {QUORUM}",
        f"down-after-milliseconds {instance} {1000 * detect_after_seconds}",
        f"failover-timeout {instance} {1000 * FAILOVER_TIMEOUT_SECONDS}",
        f"parallel-syncs {instance} {_RECONFIGURED_AT_ONCE}",
        f"auth-user {instance} {SENTINEL_USER}",
    ]
    settings = {**listen, "protected-mode": "no", "unixsocket": socket, "unixsocketperm": "770", "dir": directory}
    head = f"{ANEW}\n" if anew else ""
    return head + redis_conf(settings) + "".join(f"sentinel {line}\n" for line in lines)
