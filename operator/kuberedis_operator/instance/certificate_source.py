"""Where the certificate that an instance's members shall have comes from: an authority of the operator's own, cert-manager, or a Secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from kuberedis_core.body import Body
from kuberedis_core.crd.names import ROTATE_CA, issued_secret_name
from kuberedis_operator.certificates.issuing import KeyPair, can_issue, new_authority, new_leaf
from kuberedis_operator.certificates.reading import fingerprint, names_of, obstacle, parse, renewal_time
from kuberedis_operator.errors import GoingAway
from kuberedis_operator.instance.applier import Applier, check_ownership
from kuberedis_operator.resources import authority_secret, tls_secret
from kuberedis_operator.resources.authority_secret import Authority
from kuberedis_operator.resources.kinds import CERTIFICATE, SECRET
from kuberedis_operator.resources.tls_secret import TlsFiles
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.status.reconcile_result import Outcome, ReconcileResult
from kuberedis_operator.topology import tls_names
from kuberedis_operator.topology.topology import Topology

_ROTATED_BEFORE = timedelta(days=365)
"""How long before its end an authority is replaced."""


@dataclass(frozen=True, slots=True)
class Source:
    """The certificate that the members shall have in the end."""

    authorities: tuple[x509.Certificate, ...]
    pair: KeyPair | None
    """The certificate; None for one that does not exist yet."""
    issue: Callable[[], KeyPair]
    """Makes it, or returns it."""
    due: datetime | None = None
    """When it has to be looked at again."""
    request: str = ""
    """The request for a new authority that was handled last."""

    @property
    def leaf(self) -> str | None:
        """The fingerprint of the certificate; None for one that does not exist yet."""
        return fingerprint(parse(self.pair.certificate)[0]) if self.pair is not None else None


class NotIssued(Exception):
    """There is no certificate to use; the text says why."""


class CertificateSource:
    """The sources of all instances.

    Args:
        api: client of the API server.
        store: live objects.
        applier: writes the Secrets of authorities.
    """

    def __init__(self, api: ApiClient, store: ObjectStore, applier: Applier) -> None:
        self._api = api
        self._store = store
        self._applier = applier

    async def source(self, topology: Topology, present: TlsFiles | None, result: ReconcileResult, now: datetime) -> Source:
        """What the members of an instance shall have.

        Args:
            topology: topology of the instance.
            present: what they have; None for nothing.
            result: where to record that an authority was made.
            now: current time.

        Raises:
            NotIssued: it does not exist, or cannot be used.
            ChildError: the Secret of the authority is not the instance's, or going away.
            ApiError: as `Applier.apply`.
        """
        tls = topology.spec.tls
        if tls.mode == "Managed":
            return await self._managed(topology, present, result, now)
        if tls.mode == "CertManager":
            name = issued_secret_name(topology.name)
            secret = self._store.child(SECRET, topology.namespace, name)
            missing = self._why_not_issued(topology)
        else:
            name = tls.secret_name or ""
            # It is the user's, so that it is not watched.
            secret = await self._api.get(SECRET, topology.namespace, name)
            missing = "it does not exist; create it, of type kubernetes.io/tls with tls.crt, tls.key and ca.crt"
        if secret is None:
            raise NotIssued(f"Secret {name}: {missing}")
        return _written_by_others(secret, topology, now)

    async def _managed(self, topology: Topology, present: TlsFiles | None, result: ReconcileResult, now: datetime) -> Source:
        authority = await self._authority(topology, present, result, now)
        [certificate, *_] = parse(authority.pair.certificate)
        names, addresses = tls_names.names_of(topology), tls_names.addresses_of(topology)
        pair, due = None, None
        if present is not None and _is_fit(present, certificate, topology, now):
            rotation_time = certificate.not_valid_after_utc - _ROTATED_BEFORE
            pair, due = present.pair, min(renewal_time(present.chain[0]), rotation_time)
        return Source((certificate,), pair, lambda: new_leaf(authority.pair, names, addresses, now), due, authority.request)

    async def _authority(self, topology: Topology, present: TlsFiles | None, result: ReconcileResult, now: datetime) -> Authority:
        name = topology.authority_secret
        live = self._store.child(SECRET, topology.namespace, name) or await self._api.get(SECRET, topology.namespace, name)
        current = None
        if live is not None:
            check_ownership(live, topology.instance.uid)
            current = authority_secret.read(live)
        authority = next_authority(current, present, topology, now)
        rendered = authority_secret.build(topology, authority)
        if live is not None:
            result.outcomes[SECRET, name] = await self._applier.update(SECRET, rendered, live, exactly=True)
        elif await self._applier.create(SECRET, rendered):
            result.outcomes[SECRET, name] = Outcome.CREATED
        else:
            raise GoingAway
        return authority

    def _why_not_issued(self, topology: Topology) -> str:
        """Why cert-manager has not issued the certificate, in its own words if it says why."""
        certificate = self._store.child(CERTIFICATE, topology.namespace, topology.name)
        conditions = (certificate or {}).get("status", {}).get("conditions", ())
        told = next((str(each.get("message", "")) for each in conditions if each.get("type") == "Ready"), "")
        return f"cert-manager has not issued Certificate {topology.name} yet{f': {told}' if told else ''}"


def next_authority(current: Authority | None, present: TlsFiles | None, topology: Topology, now: datetime) -> Authority:
    """The authority that follows `current`: another one if that is requested, or it is lost, broken or about to expire. Pure.

    While members change to an authority, it is not replaced by the next one.

    Args:
        current: the present authority; None if there is none.
        present: what the members have; None for nothing.
        topology: topology of the instance.
        now: current time.
    """
    request = topology.instance.annotations.get(ROTATE_CA, "")
    if current is not None and can_issue(current.pair, now):
        [certificate, *_] = parse(current.pair.certificate)
        is_changing = present is not None and set(map(fingerprint, present.authorities)) != {fingerprint(certificate)}
        is_due = certificate.not_valid_after_utc - _ROTATED_BEFORE <= now or (request and request != current.request)
        if is_changing or not is_due:
            return current
    return Authority(new_authority(topology.name, now), request)


def _is_fit(present: TlsFiles, authority: x509.Certificate, topology: Topology, now: datetime) -> bool:
    """Whether a certificate of the operator's own needs no replacement."""
    leaf = present.chain[0]
    if obstacle(present.chain, present.pair.key, [authority], tls_names.server_name(topology), now) or renewal_time(leaf) <= now:
        return False
    return names_of(leaf) >= {*tls_names.names_of(topology), *tls_names.addresses_of(topology)}


def _written_by_others(secret: Body, topology: Topology, now: datetime) -> Source:
    name = secret["metadata"]["name"]
    try:
        files = tls_secret.read(secret)
    except ValueError as error:
        raise NotIssued(f"Secret {name}: {error}") from None
    problem = obstacle(files.chain, files.pair.key, files.authorities, tls_names.server_name(topology), now)
    if problem:
        raise NotIssued(f"Secret {name}: {problem}")
    return Source(files.authorities, files.pair, lambda: files.pair)
