"""Certificates for tests, good and bad, and a folder that changes as a kubelet changes a mounted Secret."""

import itertools
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kuberedis_operator.certificates.issuing import KeyPair, new_authority
from kuberedis_operator.certificates.reading import fingerprint, parse

DAY = timedelta(days=1)
BOTH = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
CLIENT_ONLY = (ExtendedKeyUsageOID.CLIENT_AUTH,)
SERVER_ONLY = (ExtendedKeyUsageOID.SERVER_AUTH,)
NAME = "test-cache-headless.team-a.svc"


def make_authority(name: str = "test-cache") -> KeyPair:
    """An authority that is valid now."""
    return new_authority(name, datetime.now(UTC))


def make_leaf(
    authority: KeyPair,
    names: Sequence[str] = (NAME,),
    *,
    begins: timedelta = -DAY,
    ends: timedelta = DAY,
    usages: Sequence[x509.ObjectIdentifier] = BOTH,
) -> KeyPair:
    """A certificate of `authority`, whose life begins and ends that long from now."""
    now = datetime.now(UTC)
    [issuer] = parse(authority.certificate)
    issuer_key = serialization.load_pem_private_key(authority.key.encode(), None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder(
        issuer_name=issuer.subject,
        subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")]),
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now + begins,
        not_valid_after=now + ends,
    )
    builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(list(map(x509.DNSName, names))), critical=False)
    certificate = builder.sign(issuer_key, hashes.SHA256())
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return KeyPair(certificate.public_bytes(serialization.Encoding.PEM).decode(), text.decode())


def fingerprint_of(pair: KeyPair) -> str:
    """The fingerprint of a certificate, as sidecars report it."""
    return fingerprint(parse(pair.certificate)[0])


@dataclass
class MountedSecret:
    """A folder as a kubelet mounts a Secret: files are links through `..data`, which is swapped when all of them are written."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self._versions = itertools.count(1)

    def write(self, pair: KeyPair, *authorities: KeyPair) -> None:
        """Write a certificate and the authorities that are trusted."""
        self.write_files({"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": "".join(each.certificate for each in authorities)})

    def write_files(self, texts: dict[str, str]) -> None:
        """Write files with these texts, and remove the version before."""
        link, next_link = self.folder / "..data", self.folder / "..data_tmp"
        before = self.folder / link.readlink() if link.is_symlink() else None
        version = self.folder / f"..version-{next(self._versions)}"
        version.mkdir()
        for name, text in texts.items():
            (version / name).write_text(text)
        next_link.symlink_to(version.name)
        next_link.replace(link)
        for name in texts:
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(f"..data/{name}")
        if before is not None:
            for path in before.iterdir():
                path.unlink()
            before.rmdir()


def seasoned_certificate(folder: Path) -> Path:
    """A folder with a good certificate of an authority of its own, written an hour ago: servers that start now have read it."""
    authority = make_authority()
    secret = MountedSecret(folder)
    secret.write(make_leaf(authority), authority)
    then = time.time() - 3600
    for path in folder.rglob("*"):
        os.utime(path, (then, then), follow_symlinks=False)
    return folder
