"""Connects to members as their peers do, and as attackers would."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

from kuberedis_operator.certificates.issuing import KeyPair
from kuberedis_sidecar.redis.tls import MemberTls, NoCertificate
from tests.harness.member_configuration import INSTANCE
from tests.harness.replicated import Member
from tests.tls.conftest import TlsInstance

_SECONDS = 5.0


def exchange(port: int, context: ssl.SSLContext | None, commands: bytes, name: str | None = None) -> bytes:
    """What a server answers until it closes the connection, or until there is a reply.

    Args:
        port: Port on loopback.
        context: How to connect; None without TLS.
        commands: What is sent.
        name: Name that the certificate of the server must have; None for any.

    Raises:
        OSError: The server ended the connection without an answer, or its certificate is refused.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=_SECONDS) as plain:
        if context is None:
            plain.sendall(commands)
            return plain.recv(4096)
        with context.wrap_socket(plain, server_hostname=name) as encrypted:
            encrypted.sendall(commands)
            # With TLS 1.3 a client learns only now that its certificate was refused.
            return encrypted.recv(4096)


def context_of(folder: Path, pair: KeyPair | None) -> ssl.SSLContext:
    """A context that presents a certificate, or none, and takes whatever the server presents."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if pair is not None:
        for suffix, text in (("crt", pair.certificate), ("key", pair.key)):
            (folder / f"peer.{suffix}").write_text(text)
        context.load_cert_chain(folder / "peer.crt", folder / "peer.key")
    return context


class Dialler:
    """Connects anew again and again, from each member to each other one, with what the member has mounted then."""

    def __init__(self, instance: TlsInstance) -> None:
        self._instance = instance
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.attempts = 0
        self.failures: list[str] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Connect meanwhile."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def _run(self) -> None:
        members = list(self._instance.servers)
        mounted = {member.name: MemberTls(member.tls_dir or Path(), INSTANCE) for member in members}
        for one, other in cycle([(one, other) for one in members for other in members if one is not other]):
            if self._stop.wait(0.005):
                return
            self._dial(mounted[one.name], other)

    def _dial(self, tls: MemberTls, other: Member) -> None:
        tls.reload()
        self.attempts += 1
        password = self._instance.servers.password
        try:
            assert tls.files is not None
            answer = exchange(other.address.redis_port, tls.context(), f"AUTH {password}\r\n".encode(), tls.files.server_name)
        except (OSError, NoCertificate) as error:
            self.failures.append(repr(error))
        else:
            assert answer == b"+OK\r\n", answer
