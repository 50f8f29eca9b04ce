"""What the members of an instance consist of on this machine: one server, or three with a Sentinel each.

Three members reach each other on ports of the loopback address, with passwords that are new in each run. Their Sentinels begin anew in each
run too, because the ports are others; so the member with the newest data is the founder until all have them.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from kuberedis_cli.local.data_folder import InstanceFolder, MemberFolder
from kuberedis_cli.local.free_ports import HOST, free_ports
from kuberedis_cli.local.last_primary import last_primary, remember_primary
from kuberedis_cli.local.private_files import write_private
from kuberedis_cli.local.redis_server import RedisServer
from kuberedis_cli.local.sentinel_server import SentinelServer
from kuberedis_cli.local.sidecar_settings import sidecar_settings
from kuberedis_cli.local.supervised_member import MemberParts
from kuberedis_core import members
from kuberedis_core import sidecar_environment as variables
from kuberedis_core.crd.names import pod_names
from kuberedis_core.crd.spec import InstanceSpec
from kuberedis_core.credentials import new_password
from kuberedis_core.members import MemberAddress
from kuberedis_core.redis_users import ADMINISTRATOR, default_user, replication_users, user_line
from kuberedis_core.sentinel_conf import sentinel_conf
from kuberedis_sidecar.settings import Settings


@dataclass(frozen=True)
class MemberPlan:
    """The members of one instance.

    Args:
        name: Name of the instance.
        binary: Program of a server.
        folder: Part of the data folder that belongs to the instance.
        private: Path in the private folder of the run with which the paths of sockets and of secrets begin.
        lock: File descriptor that servers hold open while they live.
    """

    name: str
    binary: Path
    folder: InstanceFolder
    private: Path
    lock: int
    _addresses: list[MemberAddress] = field(default_factory=list)

    def members(self, spec: InstanceSpec) -> Sequence[MemberParts]:
        """The members that a spec asks for.

        Raises:
            DataFolderError: Something in the folder was not made by this user.
            OSError: It cannot be written, or no port is free.
        """
        newest = last_primary(self.folder)
        return self._several(spec, newest) if spec.is_replicated else [self._only(newest)]

    def end_formation(self) -> None:
        """Let any of several members become the primary, now that all have the data. Raises OSError if the file cannot be written."""
        write_private(self.folder.members_file, members.dump(self._addresses))

    def remember_primary(self, name: str) -> None:
        """Write down which of several members has the newest data from now on. Raises OSError if that cannot be done."""
        remember_primary(self.folder, [address.name for address in self._addresses].index(name))

    def _only(self, ordinal: int) -> MemberParts:
        redis = RedisServer(self.binary, self._prepared(ordinal), self.private, self.lock)
        return MemberParts(self.name, redis, None, self._settings(redis, {}))

    def _several(self, spec: InstanceSpec, founder: int) -> list[MemberParts]:
        names = pod_names(self.name, spec.replicas)
        ports = free_ports(2 * len(names))
        self._addresses[:] = [
            MemberAddress(name=name, host=HOST, redis_port=redis_port, sentinel_port=sentinel_port)
            for name, redis_port, sentinel_port in zip(names, ports[::2], ports[1::2], strict=True)
        ]
        write_private(self.folder.members_file, members.dump(self._addresses, founder=names[founder]))
        passwords = _Passwords(self._path("passwords"))
        passwords.write()
        uid = secrets.token_hex()
        return [self._one_of_several(spec, passwords, uid, founder, ordinal) for ordinal in range(len(names))]

    def _one_of_several(self, spec: InstanceSpec, passwords: _Passwords, uid: str, founder: int, ordinal: int) -> MemberParts:
        address, folder = self._addresses[ordinal], self._prepared(ordinal)
        run_dir = self._path(str(ordinal))
        run_dir.mkdir(mode=0o700, exist_ok=True)
        own = {"bind": address.host, "port": str(address.redis_port), "include": str(passwords.users_file)}
        redis = RedisServer(self.binary, folder, run_dir / "redis.sock", self.lock, passwords.administrator, own)
        socket = run_dir / "sentinel.sock"
        configuration = user_line(ADMINISTRATOR, default_user([passwords.replication])) + sentinel_conf(
            instance=self.name,
            uid=uid,
            members=self._addresses,
            primary=founder,
            ordinal=ordinal,
            detect_after_seconds=spec.detect_after_seconds,
            directory=str(folder.path.resolve()),
            socket=str(socket),
            tls_directory=None,
        )
        environ = {
            variables.REDIS_PASSWORD_FILE: str(passwords.administrator_file),
            variables.MEMBER: address.name,
            variables.MEMBERS_FILE: str(self.folder.members_file.resolve()),
            variables.SENTINEL_URL: f"unix://{quote(str(socket))}",
            variables.REPLICATION_PASSWORD_FILE: str(passwords.replication_file),
            variables.RUN_DIR: str(run_dir),
        }
        sentinel = SentinelServer(self.binary, folder, socket, self.lock, passwords.replication, self.name, configuration)
        return MemberParts(address.name, redis, sentinel, self._settings(redis, environ))

    def _settings(self, redis: RedisServer, own: Mapping[str, str]) -> Callable[[InstanceSpec], Settings]:
        def settings(spec: InstanceSpec) -> Settings:
            of_member = {**own, variables.DETECT_AFTER_SECONDS: str(spec.detect_after_seconds)} if own else {}
            return sidecar_settings(os.environ, self.name, spec, redis.url, redis.guard, self.folder, of_member)

        return settings

    def _prepared(self, ordinal: int) -> MemberFolder:
        folder = self.folder.member(ordinal)
        folder.prepare()
        return folder

    def _path(self, suffix: str) -> Path:
        return self.private.with_name(f"{self.private.name}-{suffix}")


class _Passwords:
    """The passwords of a run, in files of a private folder; the servers' configuration holds their hashes.

    Args:
        folder: Folder to write them into.
    """

    def __init__(self, folder: Path) -> None:
        self.administrator = new_password()
        self.replication = new_password()
        self.users_file = folder / "users.conf"
        self.administrator_file = folder / "administrator"
        self.replication_file = folder / "replication"

    def write(self) -> None:
        self.users_file.parent.mkdir(mode=0o700, exist_ok=True)
        write_private(self.administrator_file, self.administrator)
        write_private(self.replication_file, self.replication)
        users = {ADMINISTRATOR: default_user([self.administrator]), **replication_users([self.replication])}
        write_private(self.users_file, "".join(user_line(name, rules) for name, rules in users.items()))
