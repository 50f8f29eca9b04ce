"""The Secret NAME-tls, which the members of an instance mount: their certificate, its key, and every authority that is in use.

It is the operator's own, wherever the certificate comes from: cert-manager's has one authority only, and members need the old and the new
one while they change from one to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from kuberedis_core.body import Body
from kuberedis_core.server_tls import AUTHORITIES_FILE, CERTIFICATE_FILE, PRIVATE_KEY_FILE
from kuberedis_operator.certificates.issuing import KeyPair
from kuberedis_operator.certificates.reading import fingerprint, issuer_of, parse, pem
from kuberedis_operator.resources import secret_data
from kuberedis_operator.resources.kinds import SECRET
from kuberedis_operator.resources.objects import child
from kuberedis_operator.topology.topology import Topology


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """What a Secret of this form holds."""

    pair: KeyPair
    chain: tuple[x509.Certificate, ...]
    """The certificate of the pair, and intermediate ones behind it."""
    authorities: tuple[x509.Certificate, ...]

    @property
    def ends_at(self) -> datetime:
        """Until when the certificate can be used: it ends with the authority that issued it."""
        issuer = issuer_of(self.chain, self.authorities)
        ends = (self.chain[0].not_valid_after_utc, *([issuer.not_valid_after_utc] if issuer is not None else []))
        return min(ends)

    @classmethod
    def of(cls, pair: KeyPair, authorities: Sequence[x509.Certificate]) -> TlsFiles:
        """A certificate and who is trusted, each authority once and in an order of its own.

        Raises:
            ValueError: The certificate cannot be read.
        """
        distinct = {fingerprint(each): each for each in authorities}
        return cls(pair, parse(pair.certificate), tuple(distinct[each] for each in sorted(distinct)))


def build(topology: Topology, files: TlsFiles) -> Body:
    """The Secret with `files`."""
    members = {CERTIFICATE_FILE: files.pair.certificate, PRIVATE_KEY_FILE: files.pair.key, AUTHORITIES_FILE: pem(files.authorities)}
    return child(
        topology.instance,
        SECRET,
        topology.tls_secret,
        "credentials",
        type="kubernetes.io/tls",
        data=secret_data.encode(members),
    )


def read(secret: Body) -> TlsFiles:
    """What a Secret of type kubernetes.io/tls holds: https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets.

    Raises:
        ValueError: A member is missing or cannot be read; the text names it.
    """
    data = secret.get("data") or {}
    texts = {name: secret_data.decode(data.get(name)) for name in (CERTIFICATE_FILE, PRIVATE_KEY_FILE, AUTHORITIES_FILE)}
    for name, text in texts.items():
        if not text:
            raise ValueError(f"{name} is missing")
    return TlsFiles.of(KeyPair(texts[CERTIFICATE_FILE], texts[PRIVATE_KEY_FILE]), _parse(AUTHORITIES_FILE, texts[AUTHORITIES_FILE]))


def _parse(name: str, text: str) -> tuple[x509.Certificate, ...]:
    try:
        return parse(text)
    except ValueError:
        raise ValueError(f"{name} holds no certificates in PEM that can be read") from None
