"""Makes authorities and the certificates that they issue (X.509, https://www.rfc-editor.org/rfc/rfc5280), with keys on the curve P-256."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kuberedis_operator.certificates.reading import is_authority, is_key_of, parse

LEAF_LIFETIME = timedelta(days=90)
AUTHORITY_LIFETIME = timedelta(days=5 * 365)

_CLOCKS_DIFFER = timedelta(hours=1)
"""A certificate is valid from a while ago, for nodes whose clocks are behind."""
_LONGEST_COMMON_NAME = 64


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate, perhaps with intermediate ones behind it, and its key, both in PEM."""

    certificate: str
    key: str = field(repr=False)


def new_authority(name: str, now: datetime) -> KeyPair:
    """An authority for one instance.

    Args:
        name: name of the instance, for people who look at the certificate.
        now: current time.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    subject = _common_name(f"{name} {serial % 2**32:08x}")
    builder = _builder(subject, subject, key.public_key(), serial, now, now + AUTHORITY_LIFETIME)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(issues=True), critical=True)
    return _pair(builder.sign(key, hashes.SHA256()), key)


def can_issue(authority: KeyPair, now: datetime) -> bool:
    """Whether an authority, which somebody may have edited, can issue certificates.

    Args:
        authority: the authority.
        now: current time.
    """
    try:
        [certificate, *_] = parse(authority.certificate)
    except ValueError:
        return False
    has_key = isinstance(certificate.public_key(), ec.EllipticCurvePublicKey) and is_key_of(authority.key, certificate)
    return has_key and is_authority(certificate) and certificate.not_valid_after_utc > now


def new_leaf(authority: KeyPair, names: Iterable[str], addresses: Iterable[str], now: datetime) -> KeyPair:
    """A certificate for all members, as servers and as clients; it expires no later than the authority.

    Args:
        authority: who issues it.
        names: DNS names, of which the first is the one for people.
        addresses: IP addresses.
        now: current time.

    Raises:
        ValueError: The authority cannot be read.
    """
    [issuer, *_] = parse(authority.certificate)
    issuer_key = serialization.load_pem_private_key(authority.key.encode(), None)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise ValueError("the key of the authority is not one of an elliptic curve")
    key = ec.generate_private_key(ec.SECP256R1())
    names = list(names)
    subject_names = [*map(x509.DNSName, names), *(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses)]
    not_after = min(now + LEAF_LIFETIME, issuer.not_valid_after_utc)
    builder = _builder(_common_name(names[0]), issuer.subject, key.public_key(), x509.random_serial_number(), now, not_after)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(issues=False), critical=True)
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(subject_names), critical=False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    return _pair(builder.sign(issuer_key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, serial: int, now: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key).serial_number(serial)
    builder = builder.not_valid_before(now - _CLOCKS_DIFFER).not_valid_after(not_after)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:_LONGEST_COMMON_NAME])])


def _usage(*, issues: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not issues,
        key_cert_sign=issues,
        crl_sign=issues,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> KeyPair:
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return KeyPair(certificate.public_bytes(serialization.Encoding.PEM).decode(), text.decode())
