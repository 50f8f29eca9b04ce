"""The configuration files of a member on loopback, as close to those of a pod as loopback lets them be."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.harness.replicated import Member, ReplicatedRedis

# https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/#redis-access-control-list-authentication
_OF_SENTINEL = """
allchannels -@all +multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info +client|setname +client|kill +script|kill
""".strip()


def redis_configuration(instance: ReplicatedRedis, member: Member) -> str:
    """The text of a redis.conf: quarantined, with three users and no secret."""
    replication = _hash(instance.replication_password)
    return "\n".join(
        [
            *_listen(instance, member.address.redis_port),
            f"unixsocket {member.folder}/redis.sock",
            f"dir {member.data}",
            f"logfile {member.folder}/redis.log",
            "databases 1",
            "replicaof 127.0.0.1 1",
            "replica-priority 0",
            "masteruser repl",
            "repl-diskless-sync yes",
            "repl-diskless-sync-delay 0",
            "repl-diskless-load disabled",
            f"user default on #{_hash(instance.password)} ~* &* +@all",
            f"user repl on #{replication} -@all +psync +replconf +ping",
            f"user sentinel on #{replication} {_OF_SENTINEL}",
            instance.settings,
        ]
    )


def sentinel_configuration(instance: ReplicatedRedis, member: Member) -> str:
    """The text of a sentinel.conf that monitors the first member, without a secret."""
    name, first = "test-cache", instance.members[0].address
    return "\n".join(
        [
            *_listen(instance, member.address.sentinel_port),
            f"unixsocket {member.folder}/sentinel.sock",
            f"dir {member.folder}",
            f"logfile {member.folder}/sentinel.log",
            f"user default on #{_hash(instance.replication_password)} ~* &* +@all",
            f"sentinel myid {instance.myid(member)}",
            "sentinel resolve-hostnames no",
            f"sentinel announce-ip {member.address.host}",
            f"sentinel announce-port {member.address.sentinel_port}",
            f"sentinel monitor {name} {first.host} {first.redis_port} 2",
            f"sentinel down-after-milliseconds {name} {round(1000 * instance.detect_after_seconds)}",
            f"sentinel failover-timeout {name} 5000",
            f"sentinel parallel-syncs {name} 2",
            f"sentinel auth-user {name} sentinel",
            "",
        ]
    )


def _listen(instance: ReplicatedRedis, port: int) -> list[str]:
    if instance.tls_dir is None:
        return ["bind 127.0.0.1", f"port {port}"]
    return [
        "bind 127.0.0.1",
        "port 0",
        f"tls-port {port}",
        f"tls-cert-file {instance.tls_dir}/tls.crt",
        f"tls-key-file {instance.tls_dir}/tls.key",
        f"tls-ca-cert-file {instance.tls_dir}/ca.crt",
        "tls-auth-clients yes",
        "tls-replication yes",
        'tls-protocols "TLSv1.3"',
        "tls-session-caching no",
    ]


def _hash(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()
