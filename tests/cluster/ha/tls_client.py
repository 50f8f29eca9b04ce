"""Connections to a member's Redis and Sentinel by somebody with any certificate, and certificates that are not fit for it."""

import base64
import datetime
import socket
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kuberedis_core.crd.names import authority_secret_name, tls_secret_name
from kuberedis_core.crd.ports import REDIS_PORT
from tests.cluster.ha.instance import HaInstance

_LIMIT_SECONDS = 5
_CERTIFICATE, _KEY, _AUTHORITIES, _AUTHORITY_KEY = "tls.crt", "tls.key", "ca.crt", "ca.key"

DAY = datetime.timedelta(days=1)

Pair = tuple[bytes, bytes]
"""A certificate, with what it needs to be followed to its authority, and its key, in PEM."""


def own_pair(instance: HaInstance) -> Pair:
    """The certificate of the members."""
    secret = _secret(instance, tls_secret_name(instance.name))
    return secret[_CERTIFICATE], secret[_KEY]


def ask(instance: HaInstance, port: int, pair: Pair | None, folder: Path) -> bytes:
    """What the primary's Redis or Sentinel says to a PING of somebody who presents this certificate; empty if it hangs up."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=_secret(instance, tls_secret_name(instance.name))[_AUTHORITIES].decode())
    if pair is not None:
        for file, content in zip(("certificate", "key"), pair, strict=True):
            (folder / file).write_bytes(content)
        context.load_cert_chain(folder / "certificate", folder / "key")
    address = instance.pod(instance.primary())["status"]["podIP"]
    login = f"AUTH {instance.password}\r\n" if port == REDIS_PORT else ""
    try:
        with (
            socket.create_connection((address, port), timeout=_LIMIT_SECONDS) as plain,
            context.wrap_socket(plain) as connection,
        ):
            connection.sendall(f"{login}PING\r\n".encode())
            return received(connection)
    except (ssl.SSLError, ConnectionError):
        return b""


def received(connection: socket.socket) -> bytes:
    """All that comes until the other side hangs up, or is silent."""
    found = b""
    try:
        while more := connection.recv(4096):
            found += more
            if b"PONG" in found or b"NOAUTH" in found:
                break
    except (TimeoutError, ConnectionError):
        pass
    return found


def issued(instance: HaInstance, *, until: datetime.timedelta, usage: x509.ObjectIdentifier) -> Pair:
    """A certificate of the instance's own authority that is not fit for a client."""
    secret = _secret(instance, authority_secret_name(instance.name))
    authority = x509.load_pem_x509_certificate(secret[_AUTHORITIES])
    signer = serialization.load_pem_private_key(secret[_AUTHORITY_KEY], None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * DAY)
        .not_valid_after(now + until)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(pem), private


def _secret(instance: HaInstance, name: str) -> dict[str, bytes]:
    secret = instance.objects.get("Secret", instance.kubectl.name, name)
    assert secret is not None, f"there is no Secret {name}"
    return {member: base64.b64decode(text) for member, text in secret["data"].items()}
