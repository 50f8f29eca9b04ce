"""The configuration files of a member on loopback, as close to those of a pod as loopback lets them be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kuberedis_core.redis_users import ADMINISTRATOR, REPLICATION_USER, default_user, replication_users, user_line
from kuberedis_core.sentinel_conf import sentinel_conf
from kuberedis_core.server_tls import tls_settings
from tests.harness.member_network import source_address

if TYPE_CHECKING:
    from tests.harness.replicated import Member, ReplicatedRedis

INSTANCE = "test-cache"

_QUARANTINED = f"""\
bind 127.0.0.1
databases 1
replicaof 127.0.0.1 1
replica-priority 0
masteruser {REPLICATION_USER}
repl-diskless-sync yes
repl-diskless-sync-delay 0
repl-diskless-load disabled
"""


def redis_configuration(instance: ReplicatedRedis, member: Member) -> str:
    """The text of a redis.conf: quarantined, with three users and no secret."""
    port = member.address.redis_port if instance.network is None else instance.network.port(member.address.redis_port)
    listen = {"port": str(port)} if member.tls_dir is None else tls_settings(str(member.tls_dir), port)
    settings = {"unixsocket": f"{member.folder}/redis.sock", "dir": str(member.data), "logfile": f"{member.folder}/redis.log"}
    lines = "".join(f'{name} "{value}"\n' for name, value in {**listen, **settings, **_source(instance, member)}.items())
    users = {ADMINISTRATOR: default_user([instance.password]), **replication_users([instance.replication_password])}
    return _QUARANTINED + lines + instance.settings + "".join(user_line(name, rules) for name, rules in users.items())


def sentinel_configuration(instance: ReplicatedRedis, member: Member) -> str:
    """The text of a sentinel.conf that monitors the first member, without a secret."""
    text = sentinel_conf(
        instance=INSTANCE,
        uid=instance.uid,
        members=[each.address for each in instance],
        ordinal=instance.members.index(member),
        detect_after_seconds=instance.detect_after_seconds,
        directory=str(member.folder),
        socket=f"{member.folder}/sentinel.sock",
        tls_directory=None if member.tls_dir is None else str(member.tls_dir),
    )
    more = {"logfile": f"{member.folder}/sentinel.log", **_source(instance, member)}
    if instance.network is not None:
        more["port"] = str(instance.network.port(member.address.sentinel_port))
    lines = "".join(f"{name} {value}\n" for name, value in more.items())
    return text + lines + user_line(ADMINISTRATOR, default_user([instance.replication_password]))


def _source(instance: ReplicatedRedis, member: Member) -> dict[str, str]:
    return {} if instance.network is None else {"bind-source-addr": source_address(instance.members.index(member))}
