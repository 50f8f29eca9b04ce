"""A highly available instance on loopback: three real servers and three Sentinels, without their sidecars.

Each Redis starts quarantined, as in a pod: somebody, a sidecar or its agent, has to tell it whom to follow.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from kuberedis_core import members
from kuberedis_core.credentials import previous_password_name
from kuberedis_core.members import MemberAddress
from kuberedis_sidecar.replication.passwords import INFO_SECONDS
from tests.harness.faulty_process import Process
from tests.harness.member_configuration import INSTANCE, redis_configuration, sentinel_configuration
from tests.harness.member_network import MemberNetwork
from tests.harness.ports import free_port
from tests.harness.waiting import wait_until

PERSISTENT = 'appendonly yes\nappendfsync everysec\nsave ""\n'
IN_MEMORY = 'appendonly no\nsave ""\n'

_REPLY_SECONDS = 0.5


@dataclass(eq=False)
class Member:
    """One member: its folder, its two servers, and how to ask them. `tls_dir` may be made a folder of its own before they start."""

    address: MemberAddress
    folder: Path
    instance: ReplicatedRedis = field(repr=False)
    redis: Process = field(init=False)
    sentinel: Process = field(init=False)

    def __post_init__(self) -> None:
        self.data.mkdir(parents=True)
        self.run_dir.mkdir()
        self.tls_dir = self.instance.tls_dir
        self.redis = Process([str(self.instance.binary), str(self.folder / "redis.conf")])
        self.sentinel = Process([str(self.instance.binary), str(self.folder / "sentinel.conf"), "--sentinel"])

    @property
    def name(self) -> str:
        """Such as `test-cache-0`."""
        return self.address.name

    @property
    def data(self) -> Path:
        """What its Redis has on disk."""
        return self.folder / "data"

    @property
    def run_dir(self) -> Path:
        """The folder that its containers would share."""
        return self.folder / "run"

    def start_redis(self) -> None:
        """Start its Redis, quarantined, over the data that it has."""
        (self.folder / "redis.conf").write_text(redis_configuration(self.instance, self))
        self.redis.start()

    def start_sentinel(self) -> None:
        """Start its Sentinel, which remembers what it knew."""
        configuration = self.folder / "sentinel.conf"
        if not configuration.exists():
            configuration.write_text(sentinel_configuration(self.instance, self))
        self.sentinel.start()

    def empty_disk(self) -> None:
        """Remove the data of its Redis, which has to be dead."""
        assert not self.redis.running
        shutil.rmtree(self.data)
        self.data.mkdir()

    def kill(self) -> None:
        """Kill both."""
        self.redis.kill()
        self.sentinel.kill()

    def client(self) -> Redis:
        """A new client of its Redis, logged in as the administrator; it is for one thread, and has to be closed."""
        return self.instance.client(f"{self.folder}/redis.sock", self.instance.password)

    def call(self, *command: str | bytes | int, sentinel: bool = False) -> Any:
        """The reply of its Redis, or of its Sentinel, to one command.

        Raises:
            RedisError: There was none, or an error.
        """
        password = self.instance.replication_password if sentinel else self.instance.password
        with self.instance.client(f"{self.folder}/{'sentinel' if sentinel else 'redis'}.sock", password) as client:
            # As the server replies, without what the library makes of it.
            client.response_callbacks.clear()
            return client.execute_command(*command)

    def sentinel_master(self) -> dict[str, str]:
        """What its Sentinel says of the primary."""
        return _fields(self.call("SENTINEL", "MASTER", INSTANCE, sentinel=True))

    def sentinel_replicas(self) -> list[dict[str, str]]:
        """What its Sentinel says of replicas."""
        return list(map(_fields, self.call("SENTINEL", "REPLICAS", INSTANCE, sentinel=True)))

    def role(self) -> str | None:
        """`master` or `slave`; None if it does not answer."""
        try:
            return _text(self.call("ROLE")[0])
        except RedisError:
            return None

    def info(self) -> dict[str, Any]:
        """INFO replication."""
        with self.client() as client:
            fields: dict[str, Any] = client.info("replication")
        return fields

    def environ(self) -> dict[str, str]:
        """The variables of its sidecar beyond those of any; see `harness.sidecar.sidecar_environ`."""
        instance = self.instance
        tls = {"KUBEREDIS_TLS_DIR": str(self.tls_dir)} if self.tls_dir is not None else {}
        return tls | {
            "KUBEREDIS_INSTANCE": INSTANCE,
            "KUBEREDIS_REDIS_URL": f"unix://{self.folder}/redis.sock",
            "KUBEREDIS_REDIS_PASSWORD_FILE": str(instance.password_file),
            "KUBEREDIS_MEMBER": self.name,
            "KUBEREDIS_MEMBERS_FILE": str(instance.members_file),
            "KUBEREDIS_SENTINEL_URL": f"unix://{self.folder}/sentinel.sock",
            "KUBEREDIS_REPLICATION_PASSWORD_FILE": str(instance.replication_password_file),
            "KUBEREDIS_RUN_DIR": str(self.run_dir),
            "KUBEREDIS_DETECT_AFTER_SECONDS": str(instance.detect_after_seconds),
        }


@dataclass(eq=False)
class ReplicatedRedis:
    """Three members.

    `binary` is a redis-server or a valkey-server; `settings` the text of a redis.conf that says what is persisted; `tls_dir` a folder with
    tls.crt, tls.key and ca.crt, which all members and their sidecars use, for a server that knows TLS. With a `network` members can be cut
    off from each other.
    """

    binary: Path
    folder: Path
    settings: str = PERSISTENT
    tls_dir: Path | None = None
    detect_after_seconds: int = 2
    network: MemberNetwork | None = None
    password: str = field(default_factory=secrets.token_hex, repr=False)
    replication_password: str = field(default_factory=secrets.token_hex, repr=False)
    uid: str = field(default_factory=partial(secrets.token_hex, 16))
    members: list[Member] = field(init=False)

    def __post_init__(self) -> None:
        self.password_file.write_text(self.password)
        self.replication_password_file.parent.mkdir()
        self.replication_password_file.write_text(self.replication_password)
        self.members = [
            Member(self._announce(f"{INSTANCE}-{ordinal}", ordinal), self.folder / f"member-{ordinal}", self)
            for ordinal in range(members.MEMBERS_OF_HIGH_AVAILABILITY)
        ]
        self.write_members_file()

    def _announce(self, name: str, ordinal: int) -> MemberAddress:
        if self.network is not None:
            return self.network.announce(name, ordinal)
        return MemberAddress(name=name, host="127.0.0.1", redis_port=free_port(), sentinel_port=free_port())

    @property
    def password_file(self) -> Path:
        """The file that holds the administrator's password."""
        return self.folder / "password"

    @property
    def replication_password_file(self) -> Path:
        """The file that holds the password of replicas and Sentinels."""
        return self.folder / "replication" / "password"

    @property
    def members_file(self) -> Path:
        """See `kuberedis_core.members`."""
        return self.folder / "members.json"

    def write_members_file(self, *, promote: str | None = None, founder: str | None = None, alone: Member | None = None) -> None:
        """Write the members file, perhaps with a member that a person has chosen to be the primary, or with one member only."""
        known = self.members if alone is None else [alone]
        self.members_file.write_text(members.dump([member.address for member in known], promote=promote, founder=founder))

    def __iter__(self) -> Iterator[Member]:
        return iter(self.members)

    def others(self, one: Member) -> list[Member]:
        """All members but one."""
        return [member for member in self.members if member is not one]

    def start(self) -> None:
        """Start all servers, and do not wait until they answer."""
        for member in self.members:
            member.start_redis()
            member.start_sentinel()

    def stop(self) -> None:
        """Kill all servers, frozen or not."""
        for member in self.members:
            member.kill()

    def rotate_replication_password(self, new: str) -> None:
        """Make another password of replicas and Sentinels the current one, while the one before is still valid."""
        self._previous_password_file.write_text(self.replication_password)
        self.replication_password_file.write_text(new)
        self.replication_password = new

    def end_rotation(self) -> None:
        """Have the previous password be valid no more."""
        self._previous_password_file.write_text("")

    @property
    def _previous_password_file(self) -> Path:
        return self.replication_password_file.with_name(previous_password_name(self.replication_password_file.name))

    def client(self, path: str, password: str, user: str = "default") -> Redis:
        """A client of a server at a Unix socket, which waits for a reply a little and does not try again."""
        return Redis(
            unix_socket_path=path, username=user, password=password, socket_timeout=_REPLY_SECONDS, protocol=2, retry=Retry(NoBackoff(), 0)
        )

    def primary(self) -> Member | None:
        """The member that two Sentinels name, if its Redis is a primary."""
        votes = [self._named_by(member) for member in self.members]
        for member in self.members:
            if votes.count(member) >= members.QUORUM and member.role() == "master":
                return member
        return None

    def _named_by(self, member: Member) -> Member | None:
        try:
            master = member.sentinel_master()
        except RedisError:
            return None
        return next((other for other in self.members if str(other.address.redis_port) == master["port"]), None)

    def settled(self) -> Member | None:
        """The primary, if both others follow it in sync and every Sentinel sees and could promote them; else None."""
        primary = self.primary()
        try:
            return primary if primary is not None and all(self._sees_all(member, primary) for member in self.members) else None
        except RedisError:
            return None

    def _sees_all(self, member: Member, primary: Member) -> bool:
        if member is not primary and member.info().get("master_link_status") != "up":
            return False
        master = member.sentinel_master()
        if master["port"] != str(primary.address.redis_port) or master["flags"] != "master" or master["num-other-sentinels"] != "2":
            return False
        replicas = member.sentinel_replicas()
        return len(replicas) == 2 and all(replica["flags"] == "slave" and replica["slave-priority"] != "0" for replica in replicas)

    def wait_until_settled(self, *, limit_seconds: float = 30) -> Member:
        """Wait until the instance has a primary and two replicas that could take its place, and return the primary."""
        try:
            primary = wait_until(self._soon_settled, limit_seconds=limit_seconds, what="three members in sync", every_seconds=0.05)
        except TimeoutError as error:
            error.add_note(f"what they are: { ({member.name: member.role() for member in self.members}) }")
            raise
        assert primary is not None
        self._set_info_period(INFO_SECONDS)
        return primary

    def _soon_settled(self) -> Member | None:
        # Sentinels ask for INFO, which tells them of a replica's eligibility, and would have each test wait.
        self._set_info_period(0.1)
        return self.settled()

    def _set_info_period(self, seconds: float) -> None:
        for member in self.members:
            with suppress(RedisError):
                member.call("SENTINEL", "DEBUG", "info-period", round(1000 * seconds), sentinel=True)


def _text(part: Any) -> str:
    return part.decode() if isinstance(part, bytes) else str(part)


def _fields(reply: Any) -> dict[str, str]:
    texts = list(map(_text, reply))
    return dict(zip(texts[::2], texts[1::2], strict=True))
