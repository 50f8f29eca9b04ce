"""Who has no certificate of the instance's authority gets nothing executed, not even with the right password."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kuberedis_operator.certificates.issuing import KeyPair
from tests.harness.certificates import CLIENT_ONLY, DAY, SERVER_ONLY, MountedSecret, make_authority, make_leaf
from tests.harness.replicated import Member, ReplicatedRedis
from tests.harness.waiting import wait_until
from tests.tls.conftest import REDIS_SERVER
from tests.tls.dialling import context_of, exchange

MakePair = Callable[[KeyPair], KeyPair | None]

STRANGERS: dict[str, MakePair] = {
    "no certificate": lambda _: None,
    "foreign authority": lambda _: make_leaf(make_authority()),
    "another instance": lambda _: make_leaf(make_authority("other-cache"), ["other-cache-headless.team-a.svc"]),
    "expired": lambda authority: make_leaf(authority, begins=-2 * DAY, ends=-DAY),
    "not yet valid": lambda authority: make_leaf(authority, begins=DAY, ends=2 * DAY),
    "for servers only": lambda authority: make_leaf(authority, usages=SERVER_ONLY),
}


@dataclass
class Target:
    """The servers of a member, a primary, and the authority that they trust."""

    member: Member
    authority: KeyPair

    def attempts(self) -> dict[int, bytes]:
        """Commands of somebody who knows the passwords, by port."""
        instance = self.member.instance
        login = f"AUTH {instance.password}\r\nSET stranger was-here\r\n".encode()
        sentinel_login = f"AUTH {instance.replication_password}\r\nSENTINEL SET test-cache quorum 3\r\n".encode()
        return {self.member.address.redis_port: login, self.member.address.sentinel_port: sentinel_login}

    def nothing_was_executed(self) -> bool:
        """Whether none of these commands had an effect."""
        return self.member.call("EXISTS", "stranger") == 0 and self.member.sentinel_master()["quorum"] == "2"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A member that runs."""
    folder, authority = tmp_path_factory.mktemp("target"), make_authority()
    secret = MountedSecret(folder / "tls")
    secret.write(make_leaf(authority), authority)
    instance = ReplicatedRedis(REDIS_SERVER, folder, tls_dir=secret.folder)
    [member, *_] = instance
    member.start_redis()
    member.start_sentinel()
    wait_until(lambda: member.role() and (member.folder / "sentinel.sock").exists(), what="Redis and Sentinel")
    member.call("REPLICAOF", "NO", "ONE")
    yield Target(member, authority)
    instance.stop()


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger_is_refused(target: Target, tmp_path: Path, stranger: str) -> None:
    context = context_of(tmp_path, STRANGERS[stranger](target.authority))
    for port, commands in target.attempts().items():
        try:
            answer = exchange(port, context, commands)
        except OSError:
            answer = b""
        assert answer == b""
    assert target.nothing_was_executed()


def test_no_port_takes_commands_without_tls(target: Target) -> None:
    for port, commands in target.attempts().items():
        try:
            answer = exchange(port, None, commands)
        except OSError:
            answer = b""
        assert b"+OK" not in answer
    assert target.nothing_was_executed()


def test_a_member_is_let_in(target: Target, tmp_path: Path) -> None:
    context = context_of(tmp_path, make_leaf(target.authority, usages=CLIENT_ONLY))
    member = target.member
    assert exchange(member.address.redis_port, context, f"AUTH {member.instance.password}\r\n".encode()) == b"+OK\r\n"
    assert exchange(member.address.redis_port, context, b"PING\r\n").startswith(b"-NOAUTH")
    assert exchange(member.address.sentinel_port, context, b"PING\r\n").startswith(b"-NOAUTH")
