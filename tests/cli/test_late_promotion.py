"""A planned switchover of local mode on a machine so busy that the sidecar gives up before Sentinel promotes a replica."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kuberedis_cli.errors import LocalModeError
from kuberedis_cli.local.failover import fail_over
from kuberedis_cli.local.replication import Replication
from kuberedis_core.member_control import SOCKET_NAME, ControlReply, dump
from kuberedis_core.member_report import MemberReport, SentinelReport
from kuberedis_sidecar.settings import MemberSettings, RedisAddress, Settings

A, B, C = NAMES = ("cache-0", "cache-1", "cache-2")


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """A folder with a path short enough for a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="kuberedis-") as folder:
        yield Path(folder)


def settings_of(run_dir: Path) -> Settings:
    member = MemberSettings(
        name=A,
        members_file=run_dir / "members.json",
        sentinel=RedisAddress(),
        replication_password_file=run_dir / "password",
        run_dir=run_dir,
        detect_after_seconds=5,
    )
    return Settings(instance="cache", auth_dir=run_dir, base_path="/cache", members=member)


async def switched_over(run_dir: Path, reason: str, later: str) -> ControlReply:
    """The outcome, when the primary's sidecar gives up for a reason, and `later` is the primary from then on."""
    primary = A

    def reports() -> list[MemberReport]:
        sentinel = SentinelReport(primary=primary)
        return [
            MemberReport(name=name, role="primary" if name == primary else "replica", primary=primary, in_sync=True, sentinel=sentinel)
            for name in NAMES
        ]

    async def promotable() -> list[int]:
        return [2, 2, 2]

    async def give_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal primary
        await reader.readline()
        writer.write(dump(ControlReply(False, "it gave up", reason=reason, primary=A)))
        await writer.drain()
        writer.close()
        primary = later

    async with await asyncio.start_unix_server(give_up, run_dir / SOCKET_NAME):
        replication = Replication("cache", reports, promotable, lambda _: None, lambda _: None)
        return await fail_over(replication, {}, [settings_of(run_dir)], kill=False)


def test_a_replica_that_is_promoted_late_is_waited_for(run_dir: Path) -> None:
    reply = asyncio.run(switched_over(run_dir, "no-promotion", B))
    assert (reply.ok, reply.primary) == (True, B)


def test_what_a_sidecar_refuses_is_not_waited_for(run_dir: Path) -> None:
    with pytest.raises(LocalModeError, match="it gave up"):
        asyncio.run(switched_over(run_dir, "not-in-sync", A))
