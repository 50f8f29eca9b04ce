"""The Sentinel beside a server: its configuration and its process."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff, NoBackoff
from redis.exceptions import RedisError, ResponseError

from kuberedis_cli.local.data_folder import MemberFolder
from kuberedis_cli.local.private_files import write_private
from kuberedis_cli.local.server_process import ServerProcess

_INFO_MILLISECONDS = 1000
"""How often it looks at replicas. Its own ten seconds would keep a test waiting for long after each failover."""
_REPLY_SECONDS = 2.0
_DOWN = frozenset({"s_down", "o_down", "disconnected"})


class SentinelServer:
    """The Sentinel of one member. It can be started again after it ended, and remembers then what it knew.

    Args:
        binary: Program of the server, which is a Sentinel with `--sentinel`.
        folder: Part of the data folder that belongs to the member.
        socket: Path of the Unix socket that it listens on.
        lock: File descriptor that it holds open while it lives.
        password: Password of its administrator.
        instance: Name of the instance, by which it knows the primary.
        configuration: Text of its configuration at the first start; it rewrites the file.
    """

    def __init__(
        self, binary: Path, folder: MemberFolder, socket: Path, lock: int, password: str, instance: str, configuration: str
    ) -> None:
        self._process = ServerProcess([str(binary), str(folder.sentinel_configuration), "--sentinel"], folder.sentinel_log, lock)
        self._folder = folder
        self._connection: dict[str, Any] = {"unix_socket_path": str(socket), "password": password, "decode_responses": True}
        self._client = Redis(**self._connection, socket_timeout=_REPLY_SECONDS, retry=Retry(NoBackoff(), 0))
        self._instance = instance
        self._configuration: str | None = configuration

    async def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            RedisServerError: It ends instead.
        """
        if self._configuration is not None:
            write_private(self._folder.sentinel_configuration, self._configuration)
            self._configuration = None
        await self._process.start(self._answers)

    async def ended(self) -> str:
        """Wait until it ends; a sentence about how it ended."""
        return f"its Sentinel: {await self._process.ended()}"

    async def promotable(self) -> int:
        """The number of replicas that it would promote; 0 while it does not answer."""
        try:
            replicas: Any = await self._client.sentinel_slaves(self._instance)
        except RedisError:
            return 0
        return sum(bool(replica["slave-priority"]) and _DOWN.isdisjoint(replica["flags"].split(",")) for replica in replicas)

    async def stop(self) -> None:
        """End it; without a running process this does nothing."""
        await self._client.aclose()
        await self._process.stop()

    async def _answers(self) -> None:
        forever = Retry(ConstantBackoff(0.01), -1)
        async with Redis(**self._connection, retry=forever) as patient:
            await patient.ping()
            with suppress(ResponseError):  # Redis 6 has no such command
                await patient.execute_command("SENTINEL", "DEBUG", "INFO-PERIOD", _INFO_MILLISECONDS)  # type: ignore[no-untyped-call]
