"""Reads certificates that others may have written, and says whether members can use them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from kuberedis_core.timestamps import format_time

_MOST_CERTIFICATES = 16
_RENEWED_AFTER = 2 / 3
"""The part of its life after which a certificate is renewed."""
_JITTER = 0.05
"""The part of that time by which renewals are spread, so that those of instances made together are not due together."""
_EXPIRING = 0.1
"""The part of its life that is left when a certificate that is not renewed becomes a problem."""


def parse(text: str) -> tuple[x509.Certificate, ...]:
    """The certificates in a text in PEM, one or more.

    Raises:
        ValueError: There is none, there are too many, or one cannot be read.
    """
    found = x509.load_pem_x509_certificates(text.encode())
    if len(found) > _MOST_CERTIFICATES:
        raise ValueError(f"more than {_MOST_CERTIFICATES} certificates")
    for certificate in found:
        try:
            # Both are read when they are asked for; what cannot be read is found out here.
            _ = certificate.extensions, certificate.public_key()
        except (x509.DuplicateExtension, x509.UnsupportedGeneralNameType, UnsupportedAlgorithm) as error:
            raise ValueError(str(error)) from None
    return tuple(found)


def pem(certificates: Sequence[x509.Certificate]) -> str:
    """The certificates in PEM."""
    return "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in certificates)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER form, in hexadecimal digits, as sidecars report it."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def issuer_of(chain: Sequence[x509.Certificate], authorities: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """The authority that a certificate leads to, perhaps by the intermediate ones behind it; None if it leads to none."""
    certificate, intermediates = chain[0], list(chain[1:])
    for _ in range(len(chain)):
        if (authority := next((each for each in authorities if _issued(each, certificate)), None)) is not None:
            return authority
        issuer = next((each for each in intermediates if _issued(each, certificate)), None)
        if issuer is None:
            return None
        intermediates.remove(issuer)
        certificate = issuer
    return None


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether a certificate may issue others."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    if not is_authority(issuer):
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def names_of(certificate: x509.Certificate) -> frozenset[str]:
    """The DNS names and IP addresses that a certificate is for."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(map(str, [*names.get_values_for_type(x509.DNSName), *names.get_values_for_type(x509.IPAddress)]))


def obstacle(chain: Sequence[x509.Certificate], key: str, authorities: Sequence[x509.Certificate], name: str, now: datetime) -> str:
    """Why members cannot use a certificate to know each other; empty if they can.

    Args:
        chain: the certificate, and intermediate ones behind it.
        key: its key, in PEM.
        authorities: who is trusted.
        name: DNS name that it has to have.
        now: current time.
    """
    leaf = chain[0]
    if not is_key_of(key, leaf):
        return "tls.key is not the key of the certificate in tls.crt"
    if (authority := issuer_of(chain, authorities)) is None:
        return "no authority in ca.crt issued the certificate in tls.crt"
    for what, certificate in (("the certificate", leaf), ("its authority", authority)):
        if certificate.not_valid_after_utc <= now:
            return f"{what} expired at {format_time(certificate.not_valid_after_utc)}"
        if certificate.not_valid_before_utc > now:
            return f"{what} is not valid before {format_time(certificate.not_valid_before_utc)}"
    if missing := _missing_usages(leaf):
        return f"the certificate is not for {missing}; issue one for both server auth and client auth"
    if name not in names_of(leaf):
        return f"the certificate does not name {name}; add that to its DNS names"
    return ""


def is_key_of(key: str, certificate: x509.Certificate) -> bool:
    """Whether a text is the key of a certificate, in PEM."""
    try:
        own = load_pem_private_key(key.encode(), None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return own.public_bytes(*form) == certificate.public_key().public_bytes(*form)


def _missing_usages(certificate: x509.Certificate) -> str:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return ""
    wanted = {"server auth": ExtendedKeyUsageOID.SERVER_AUTH, "client auth": ExtendedKeyUsageOID.CLIENT_AUTH}
    return " and ".join(name for name, usage in wanted.items() if usage not in usages)


def renewal_time(certificate: x509.Certificate) -> datetime:
    """When a certificate is to be renewed: the same time whenever it is asked for."""
    spread = int(fingerprint(certificate)[:8], 16) / 2**32 * _JITTER
    return certificate.not_valid_before_utc + _lifetime(certificate) * (_RENEWED_AFTER - spread)


def is_expiring(certificate: x509.Certificate, ends_at: datetime, now: datetime) -> bool:
    """Whether a certificate that can be used until `ends_at` has so little of its life left that it ought to have been renewed long ago."""
    return ends_at - now < _lifetime(certificate) * _EXPIRING


def _lifetime(certificate: x509.Certificate) -> timedelta:
    return certificate.not_valid_after_utc - certificate.not_valid_before_utc
