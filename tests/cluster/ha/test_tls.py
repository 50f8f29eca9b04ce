"""What crosses pods is encrypted, and nobody without a certificate of the instance has anything executed, whatever password they know."""

import secrets
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from kuberedis_core.crd.ports import REDIS_PORT, SENTINEL_PORT
from tests.cluster.ha.instance import HaInstance
from tests.cluster.ha.packets import captured
from tests.cluster.ha.tls_client import DAY, Pair, ask, issued, own_pair, received
from tests.cluster.ha.writers import client_of
from tests.harness.certificates import make_authority, make_leaf

_LIMIT_SECONDS = 5


def _of_a_stranger(_: HaInstance) -> Pair:
    leaf = make_leaf(make_authority())
    return leaf.certificate.encode(), leaf.key.encode()


def _expired(instance: HaInstance) -> Pair:
    return issued(instance, until=-DAY, usage=ExtendedKeyUsageOID.CLIENT_AUTH)


def _for_servers_only(instance: HaInstance) -> Pair:
    return issued(instance, until=DAY, usage=ExtendedKeyUsageOID.SERVER_AUTH)


@pytest.mark.brief
@pytest.mark.parametrize("port", [REDIS_PORT, SENTINEL_PORT])
@pytest.mark.parametrize("pair", [None, _of_a_stranger, _expired, _for_servers_only])
def test_nothing_is_executed_without_a_certificate_of_the_instance(
    cache: HaInstance, port: int, pair: Callable[[HaInstance], Pair] | None, tmp_path: Path
) -> None:
    own = ask(cache, port, own_pair(cache), tmp_path)
    assert b"PONG" in own or b"NOAUTH" in own
    assert b"PONG" not in ask(cache, port, pair(cache) if pair else None, tmp_path)


def test_members_speak_tls_only(cache: HaInstance) -> None:
    address = cache.pod(cache.primary())["status"]["podIP"]
    for port in (REDIS_PORT, SENTINEL_PORT):
        with socket.create_connection((address, port), timeout=_LIMIT_SECONDS) as connection:
            connection.sendall(b"PING\r\n")
            assert b"PONG" not in received(connection)


@pytest.mark.brief
def test_no_value_crosses_nodes_in_the_clear(cache: HaInstance) -> None:
    value = secrets.token_hex(32)
    cache.wait_until_settled()
    with captured(REDIS_PORT, SENTINEL_PORT) as seen:
        for member in cache.names:
            target = cache.target(member)
            assert target is not None
            with client_of(target) as http:
                http.post("/keys/secret", json={"value": value}).raise_for_status()
                assert http.get("/keys/secret").json()["value"] == value
        cache.wait_until_settled()
    assert seen.payloads, "nothing crossed the nodes at all"
    for text in (value.encode(), b"PING\r\n", b"REPLCONF", b"AUTH\r\n"):
        assert not seen.holds(text), text
