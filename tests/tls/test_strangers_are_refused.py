"""Who has no certificate of the instance's authority gets nothing executed, not even with the right password."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kuberedis_operator.certificates.issuing import KeyPair
from tests.harness.certificates import CLIENT_ONLY, DAY, SERVER_ONLY, make_authority, make_leaf
from tests.tls.conftest import TlsInstance
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


def attempts(instance: TlsInstance) -> dict[int, bytes]:
    """Commands of somebody who knows the passwords, by port."""
    [member, *_] = instance.servers
    login = f"AUTH {instance.servers.password}\r\nSET stranger was-here\r\n".encode()
    sentinel_login = f"AUTH {instance.servers.replication_password}\r\nSENTINEL SET test-cache quorum 3\r\n".encode()
    return {member.address.redis_port: login, member.address.sentinel_port: sentinel_login}


def nothing_was_executed(instance: TlsInstance) -> bool:
    [member, *_] = instance.servers
    quorum = member.sentinel_master()["quorum"]
    return [each.call("EXISTS", "stranger") for each in instance.servers] == [0, 0, 0] and quorum == "2"


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger_is_refused(instance: TlsInstance, tmp_path: Path, stranger: str) -> None:
    context = context_of(tmp_path, STRANGERS[stranger](instance.authority))
    for port, commands in attempts(instance).items():
        try:
            answer = exchange(port, context, commands)
        except OSError:
            answer = b""
        assert answer == b""
    assert nothing_was_executed(instance)


def test_no_port_takes_commands_without_tls(instance: TlsInstance) -> None:
    for port, commands in attempts(instance).items():
        try:
            answer = exchange(port, None, commands)
        except OSError:
            answer = b""
        assert b"+OK" not in answer
    assert nothing_was_executed(instance)


def test_a_member_is_let_in(instance: TlsInstance, tmp_path: Path) -> None:
    context = context_of(tmp_path, make_leaf(instance.authority, usages=CLIENT_ONLY))
    [member, *_] = instance.servers
    assert exchange(member.address.redis_port, context, f"AUTH {instance.servers.password}\r\n".encode()) == b"+OK\r\n"
    assert exchange(member.address.redis_port, context, b"PING\r\n").startswith(b"-NOAUTH")
    assert exchange(member.address.sentinel_port, context, b"PING\r\n").startswith(b"-NOAUTH")
