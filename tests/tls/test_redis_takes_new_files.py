"""A running Redis takes new certificates: connections live on, what is presented is looked at, and an expired certificate is noticed."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from redis import Redis, ResponseError

from kuberedis_core.members import Members
from kuberedis_core.timestamps import parse_time
from kuberedis_operator.certificates.issuing import KeyPair
from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.opening import open_connection
from kuberedis_sidecar.redis.tls import MemberTls
from kuberedis_sidecar.replication.certificates import MemberCertificates, presented
from kuberedis_sidecar.replication.nodes import Nodes
from kuberedis_sidecar.settings import Settings
from tests.harness.certificates import DAY, MountedSecret, fingerprint_of, make_authority, make_leaf
from tests.harness.member_configuration import INSTANCE
from tests.harness.replicated import ReplicatedRedis
from tests.harness.waiting import wait_until
from tests.tls.conftest import REDIS_SERVER
from tests.tls.dialling import context_of, exchange

AUTHORITY = make_authority()
LEAF, NEXT = make_leaf(AUTHORITY), make_leaf(AUTHORITY)
EXPIRED = make_leaf(AUTHORITY, begins=-2 * DAY, ends=-DAY)


class Server:
    """The first member of an instance, with its Redis and what it has mounted."""

    def __init__(self, folder: Path, pair: KeyPair) -> None:
        self.instance = ReplicatedRedis(REDIS_SERVER, folder)
        [self.member, *_] = self.instance
        self.secret = MountedSecret(self.member.folder / "tls")
        self.secret.write(pair, AUTHORITY)
        self.member.tls_dir = self.secret.folder
        self.member.start_redis()
        wait_until(self.member.role, what="Redis")

    @property
    def port(self) -> int:
        """Where Redis listens for members."""
        return self.member.address.redis_port

    async def look(self) -> MemberCertificates:
        """What keeps its certificates up to date, after one look."""
        settings = Settings.from_environ(self.member.environ() | {"KUBEREDIS_AUTH_DIR": str(self.instance.folder)})
        assert settings.members is not None
        members = Members(tuple(member.address for member in self.instance))
        nodes = Nodes(settings, settings.members, partial(open_connection, Connection), lambda: None)
        tls = MemberTls(self.secret.folder, INSTANCE)
        certificates = MemberCertificates(INSTANCE, self.member.name, lambda: members, tls, nodes, self.member.folder / "sentinel.sock")
        await certificates.look()
        nodes.close()
        return certificates

    def presented(self) -> str:
        """The fingerprint of what it presents to somebody who accepts what has expired."""
        return asyncio.run(self._presented())[0]

    async def _presented(self) -> tuple[str, datetime]:
        secret = MountedSecret(self.member.folder / f"look-{datetime.now(UTC).timestamp()}")
        secret.write(LEAF, AUTHORITY)
        return await presented("127.0.0.1", self.port, MemberTls(secret.folder, INSTANCE).inspecting_context())


def started(folder: Path, pair: KeyPair) -> Iterator[Server]:
    server = Server(folder, pair)
    yield server
    server.instance.stop()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """With a good certificate."""
    yield from started(tmp_path, LEAF)


@pytest.fixture
def outdated(tmp_path: Path) -> Iterator[Server]:
    """With one that has expired, which Redis does not mind."""
    yield from started(tmp_path, EXPIRED)


def look(server: Server) -> MemberCertificates:
    return asyncio.run(server.look())


def test_connections_live_on_and_new_ones_get_the_new_certificate(server: Server, tmp_path: Path) -> None:
    context = context_of(tmp_path, LEAF)
    with Redis(unix_socket_path=f"{server.member.folder}/redis.sock", password=server.instance.password) as client:
        client.ping()
        old = long_lived(server.port, context)
        server.secret.write(NEXT, AUTHORITY)
        assert look(server).report().redis == fingerprint_of(NEXT) == server.presented()
        old.sendall(b"PING\r\n")
        assert old.recv(100).startswith(b"-NOAUTH")
        old.close()
        assert client.info("server")["process_id"] == server.member.redis.pid


def long_lived(port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    """A connection of before."""
    connection = context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=5))
    connection.sendall(b"PING\r\n")
    assert connection.recv(100).startswith(b"-NOAUTH")
    return connection


def test_an_expired_certificate_is_noticed_and_replaced(outdated: Server) -> None:
    assert outdated.presented() == fingerprint_of(EXPIRED)
    assert look(outdated).report().client == "", "nothing that has expired is used by the sidecar"
    outdated.secret.write(NEXT, AUTHORITY)
    report = look(outdated).report()
    assert (report.redis, report.client) == (fingerprint_of(NEXT), fingerprint_of(NEXT))
    end = parse_time(report.not_after)
    assert end is not None
    assert end > datetime.now(UTC)


def test_redis_keeps_its_certificate_when_it_is_given_no_pair(server: Server) -> None:
    server.secret.write(KeyPair(NEXT.certificate, LEAF.key), AUTHORITY)
    assert look(server).report().client == ""
    folder = server.secret.folder
    with server.member.client() as client, pytest.raises(ResponseError):
        client.execute_command("CONFIG", "SET", "tls-cert-file", f"{folder}/tls.crt", "tls-key-file", f"{folder}/tls.key")
    assert server.presented() == fingerprint_of(LEAF)


def test_what_sentinel_trusts_is_not_claimed_while_it_does_not_answer(server: Server) -> None:
    report = look(server).report()
    assert (report.redis, report.sentinel, report.trusted) == (fingerprint_of(LEAF), "", ())


def test_a_look_costs_no_error_in_the_log_of_redis(server: Server) -> None:
    look(server)
    assert exchange(server.port, context_of(server.member.folder, LEAF), b"PING\r\n").startswith(b"-NOAUTH")
    assert "Error accepting a client connection" not in (server.member.folder / "redis.log").read_text()
