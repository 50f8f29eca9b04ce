"""The certificate with which the members of an instance know each other: three files of a mounted Secret, as contexts for connections.

Who a peer is, is decided by two checks. Its certificate has to be issued by an authority of the instance: that is all that Redis and
Sentinel check, of clients and of each other, and the reason why each instance has an authority of its own. And it has to name the
instance: connections of the sidecar require the DNS name in its own certificate that begins with `NAME-headless.`, so that where an
authority is shared (a ClusterIssuer, an authority of the user's own) the sidecar tells nobody else the instance's passwords. The address
that is connected to is not compared: all members present the same certificate, so that it would tell no member from another, and the
address of a Service that was made again is not in a certificate made before.

Files are checked before they are used, by the handshake that two members would have: it fails if certificate and key are no pair, if no
trusted authority issued the certificate, if that is expired or not valid yet, or if it is not for both servers and clients. Redis itself
accepts an expired certificate of its own.
"""

from __future__ import annotations

import hashlib
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kuberedis_core.crd.names import headless_service_name
from kuberedis_core.logging import log
from kuberedis_core.server_tls import AUTHORITIES_FILE, CERTIFICATE_FILE, PRIVATE_KEY_FILE

# The kubelet swaps this link when it has written a new version of a mounted Secret.
_VERSION_LINK = "..data"
_RETRY_SECONDS = 30.0
_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which `ssl` has no name for."""


class NoCertificate(OSError):
    """There is no usable certificate to connect with; the text says why and contains nothing of the key."""


class MemberContext(ssl.SSLContext):
    """A client's context that checks the name of the instance, whatever address is connected to."""

    server_name: str | None = None

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """What event loops call for each connection."""
        return super().wrap_bio(incoming, outgoing, server_side, self.server_name or server_hostname, session)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFiles:
    """One version of the files, which was checked."""

    certificate: Path
    key: Path
    authorities: Path
    changed_at: float
    """When they were written, in seconds of the Unix time; a process that started later has read this version."""
    fingerprint: str
    """SHA-256 of the certificate's DER form, in hexadecimal digits."""
    trusted: tuple[str, ...]
    """The same of all authorities, sorted."""
    not_after: datetime
    """When the certificate expires."""
    server_name: str
    """The name that all members' certificates have."""

    def redis_settings(self) -> tuple[str, ...]:
        """Arguments of CONFIG SET, https://redis.io/docs/latest/operate/oss_and_stack/management/security/encryption/."""
        paths = (("tls-cert-file", self.certificate), ("tls-key-file", self.key), ("tls-ca-cert-file", self.authorities))
        return tuple(str(part) for pair in paths for part in pair)


class MemberTls:
    """The present certificate of a member, as contexts for new connections. Existing connections keep theirs.

    Args:
        directory: Folder of the mounted Secret.
        instance: Name of the instance.
    """

    def __init__(self, directory: Path, instance: str) -> None:
        self._directory = directory
        self._instance = instance
        self._files: CertificateFiles | None = None
        self._context: MemberContext | None = None
        self._problem = "the certificate was not read yet"
        self._seen: object = None
        self._retry_at = 0.0
        self.failures = 0
        """How many times a version of the files was refused."""
        self.reload()

    @property
    def files(self) -> CertificateFiles | None:
        """The version of the files in use; None if there has been no usable one."""
        return self._files

    def context(self) -> ssl.SSLContext:
        """A context to connect to another member with; to be asked for before each attempt.

        Raises:
            NoCertificate: There has been no usable certificate.
        """
        if self._context is None:
            raise NoCertificate(self._problem)
        return self._context

    def inspecting_context(self) -> ssl.SSLContext:
        """A context that accepts an expired certificate too, to find out what the own Redis and Sentinel present; nothing is to be sent.

        Raises:
            NoCertificate: There has been no usable certificate.
        """
        if self._files is None:
            raise NoCertificate(self._problem)
        context = _context(ssl.PROTOCOL_TLS_CLIENT, self._files.certificate, self._files.key, self._files.authorities)
        context.verify_flags |= _NO_CHECK_TIME
        return context

    def reload(self) -> bool:
        """Read the files if they have changed; if they cannot be used, the ones before are kept, and they are tried again later.

        Returns:
            Whether there is a new version.
        """
        folder = version_folder(self._directory)
        try:
            seen = _version(folder)
            if seen == self._seen and (self._retry_at == 0.0 or time.monotonic() < self._retry_at):
                return False
            files, context = _load(folder, _changed_at(self._directory, folder), self._instance)
        except (OSError, ValueError) as error:
            self._refuse(_reason(error), folder)
            return False
        self._seen, self._retry_at = seen, 0.0
        self._files, self._context, self._problem = files, context, ""
        log.info(
            "tls_certificate_loaded",
            instance=self._instance,
            fingerprint=files.fingerprint,
            not_after=files.not_after.isoformat(),
            authorities=len(files.trusted),
        )
        return True

    def _refuse(self, problem: str, folder: Path) -> None:
        try:
            self._seen = _version(folder)
        except OSError:
            self._seen = None
        self.failures += 1
        self._retry_at = time.monotonic() + _RETRY_SECONDS
        if problem != self._problem:
            kept = self._files is not None
            log.error(
                "tls_certificate_unusable",
                instance=self._instance,
                reason=problem,
                consequence="the certificate before stays in use" if kept else "other members cannot be reached",
            )
            self._problem = problem


def version_folder(directory: Path) -> Path:
    """The folder with the present version of a mounted Secret's files, which does not change; `directory` itself if it is no such mount."""
    try:
        return directory / (directory / _VERSION_LINK).readlink()
    except OSError:
        return directory


def _version(folder: Path) -> object:
    return [(str(path), path.stat().st_mtime_ns, path.stat().st_ino) for path in _paths(folder)]


def _paths(folder: Path) -> tuple[Path, Path, Path]:
    return folder / CERTIFICATE_FILE, folder / PRIVATE_KEY_FILE, folder / AUTHORITIES_FILE


def _changed_at(directory: Path, folder: Path) -> float:
    times = [path.stat().st_mtime for path in _paths(folder)]
    if folder != directory:
        times.append((directory / _VERSION_LINK).lstat().st_mtime)
    return max(times)


def _load(folder: Path, changed_at: float, instance: str) -> tuple[CertificateFiles, MemberContext]:
    certificate, key, authorities = _paths(folder)
    client = _context(ssl.PROTOCOL_TLS_CLIENT, certificate, key, authorities)
    server = _context(ssl.PROTOCOL_TLS_SERVER, certificate, key, authorities)
    der, fields = _handshake(client, server)
    files = CertificateFiles(
        certificate=certificate,
        key=key,
        authorities=authorities,
        changed_at=changed_at,
        fingerprint=fingerprint(der),
        trusted=tuple(sorted(fingerprint(each) for each in client.get_ca_certs(binary_form=True))),
        not_after=not_after(fields),
        server_name=_server_name(fields.get("subjectAltName", ()), instance),
    )
    client.server_name = files.server_name
    client.check_hostname = True
    return files, client


def _context(protocol: int, certificate: Path, key: Path, authorities: Path) -> MemberContext:
    context = MemberContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    # Without a password OpenSSL would ask for one on the terminal.
    context.load_cert_chain(certificate, key, password=lambda: b"")
    context.load_verify_locations(authorities)
    return context


def _handshake(client: ssl.SSLContext, server: ssl.SSLContext) -> tuple[bytes, dict[str, Any]]:
    """The certificate that both present to each other, in DER form and as fields.

    Raises:
        ssl.SSLError: One of them refuses the other.
    """
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(to_client, to_server), server.wrap_bio(to_server, to_client, server_side=True)]
    waiting = list(ends)
    while waiting:
        for end in tuple(waiting):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(end)
    der, fields = ends[0].getpeercert(binary_form=True), ends[0].getpeercert()
    if der is None or fields is None:
        raise ValueError("no certificate was presented")
    return der, fields


def fingerprint(der: bytes) -> str:
    """SHA-256 of a certificate's DER form, in hexadecimal digits."""
    return hashlib.sha256(der).hexdigest()


def not_after(fields: dict[str, Any]) -> datetime:
    """When a certificate expires, from its fields as `ssl.SSLObject.getpeercert` returns them."""
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(fields["notAfter"]), UTC)


def _server_name(names: Iterable[tuple[str, str]], instance: str) -> str:
    prefix = f"{headless_service_name(instance)}."
    found = sorted((name for kind, name in names if kind == "DNS" and name.startswith(prefix)), key=lambda name: (len(name), name))
    if not found:
        raise ValueError(f"the certificate has no DNS name that begins with {prefix}")
    return found[0]


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is refused: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"the certificate and its key cannot be used: {error.reason or error}"
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}"
    return str(error)
