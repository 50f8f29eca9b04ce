"""Keeps the Secret with the certificate of an instance's members: issued, renewed, and moved to another authority step by step.

`certificates/rollover.py` has the steps and why they are safe. The Secret is written as a whole and only over what it was decided from, so
an operator that stops, or two of them, cannot skip a step.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from kuberedis_core.body import Body
from kuberedis_core.crd.names import ROTATE_CA
from kuberedis_core.timestamps import format_time, parse_time
from kuberedis_operator.certificates import rollover
from kuberedis_operator.certificates.reading import fingerprint, is_expiring, issuer_of
from kuberedis_operator.certificates.rollover import Published, Reports, Step, Wanted
from kuberedis_operator.errors import GoingAway
from kuberedis_operator.instance.applier import Applier, check_ownership, recorded
from kuberedis_operator.instance.certificate_source import CertificateSource, NotIssued, Source
from kuberedis_operator.resources import tls_secret
from kuberedis_operator.resources.kinds import SECRET
from kuberedis_operator.resources.tls_secret import TlsFiles
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.status.reconcile_result import Outcome, ReconcileResult
from kuberedis_operator.status.tls_status import Done, Phase, TlsState
from kuberedis_operator.topology.topology import Topology

_WAIT = timedelta(seconds=2)
"""Time until the proofs of members are looked at again."""
_LOOK_AGAIN = timedelta(minutes=1)
"""The same of a Secret that is not watched."""


class CertificateKeeper:
    """Keeps the certificates of all instances of several members.

    Args:
        api: client of the API server.
        store: live objects.
        applier: writes the Secrets.
    """

    def __init__(self, api: ApiClient, store: ObjectStore, applier: Applier) -> None:
        self._api = api
        self._store = store
        self._applier = applier
        self._sources = CertificateSource(api, store, applier)

    async def ensure(self, topology: Topology, result: ReconcileResult, now: datetime) -> None:
        """Take the next step towards the certificate that the members shall have; `result.tls` says what they have then.

        Args:
            topology: topology of the instance, with the addresses of its members and what they report.
            result: where to record what was done.
            now: current time.

        Raises:
            ApiUnavailable: there was no response.
        """
        name = topology.tls_secret
        with recorded(SECRET, name, result):
            live = self._store.child(SECRET, topology.namespace, name) or await self._api.get(SECRET, topology.namespace, name)
            if live is not None:
                check_ownership(live, topology.instance.uid)
            present = _read(live)
            reports = _reports(topology)
            try:
                source = await self._sources.source(topology, present, result, now)
            except NotIssued as error:
                result.tls = replace(_state(present, reports, now), problem=str(error), due=now + _LOOK_AGAIN)
                return
            files, step = next_files(present, source, reports, now)
            result.outcomes[SECRET, name] = await self._write(topology, files, live)
            result.tls = _state_after(topology, present, files, step, source, reports, now)

    async def _write(self, topology: Topology, files: TlsFiles, live: Body | None) -> Outcome:
        rendered = tls_secret.build(topology, files)
        if live is not None:
            return await self._applier.update(SECRET, rendered, live, exactly=True)
        if await self._applier.create(SECRET, rendered):
            return Outcome.CREATED
        raise GoingAway


def next_files(present: TlsFiles | None, source: Source, reports: Reports, now: datetime) -> tuple[TlsFiles, Step]:
    """What the Secret of the members shall hold next, and the step that leads to it. Pure but for the key of a new certificate.

    Args:
        present: what it holds.
        source: what it shall hold in the end.
        reports: what the members use.
        now: current time.
    """
    wanted = Wanted(leaf=source.leaf, authorities=frozenset(map(fingerprint, source.authorities)))
    step = rollover.next_step(_published(present, now), wanted, reports)
    if present is None:
        return TlsFiles.of(source.issue(), source.authorities), step
    every_authority = [*present.authorities, *source.authorities]
    if step in (Step.TRUST, Step.WAIT_FOR_TRUST):
        return TlsFiles.of(present.pair, every_authority), step
    authorities = source.authorities if step in (Step.RETIRE, Step.KEEP) else every_authority
    return TlsFiles.of(source.pair or source.issue(), authorities), step


def _reports(topology: Topology) -> Reports:
    known = topology.formation.replication.reports if topology.formation is not None else {}
    reports = {member.pod_name: known.get(member.pod_name) for member in topology.members}
    return {name: report.certificates if report is not None else None for name, report in reports.items()}


def state_of(secret: Body | None, now: datetime) -> TlsState:
    """The state of an instance whose children are not written, from the Secret of its members alone."""
    return _state(_read(secret), {}, now)


def _read(secret: Body | None) -> TlsFiles | None:
    try:
        return tls_secret.read(secret) if secret is not None else None
    except ValueError:
        return None


def _published(files: TlsFiles | None, now: datetime) -> Published | None:
    if files is None:
        return None
    issuer = issuer_of(files.chain, files.authorities)
    return Published(
        leaf=fingerprint(files.chain[0]),
        issuer=fingerprint(issuer) if issuer is not None else "",
        authorities=frozenset(map(fingerprint, files.authorities)),
        expiring=issuer is None or is_expiring(files.chain[0], files.ends_at, now),
    )


def _state_after(
    topology: Topology, present: TlsFiles | None, files: TlsFiles, step: Step, source: Source, reports: Reports, now: datetime
) -> TlsState:
    """The state once a step was taken."""
    leaf, wanted = fingerprint(files.chain[0]), frozenset(map(fingerprint, source.authorities))
    phase, waiting = _phase(files, step, wanted, reports)
    is_own = topology.spec.tls.mode == "Managed"
    requested = topology.instance.annotations.get(ROTATE_CA, "")
    return replace(
        _state(files, reports, now),
        phase=phase,
        waiting_for=tuple(waiting or _behind(leaf, reports)),
        request=source.request if is_own else requested,
        ignored=bool(requested) and not is_own,
        done=_done(present, step, phase),
        due=_due(source.due, is_own=is_own, is_moving=step is not Step.KEEP or bool(phase), now=now),
    )


def _due(due: datetime | None, *, is_own: bool, is_moving: bool, now: datetime) -> datetime | None:
    """When to look again, given when the certificate has to be renewed."""
    if is_moving:
        return now + _WAIT
    return max(due, now + _WAIT) if is_own and due is not None else now + _LOOK_AGAIN


def _phase(files: TlsFiles, step: Step, wanted: frozenset[str], reports: Reports) -> tuple[Phase, list[str]]:
    """Where a change of the authority is, and the members that have to prove it."""
    if step in (Step.TRUST, Step.WAIT_FOR_TRUST):
        return "TrustingAuthority", rollover.distrusting(wanted, reports)
    if frozenset(map(fingerprint, files.authorities)) != wanted:
        return "ReplacingCertificate", rollover.not_presenting(fingerprint(files.chain[0]), reports)
    return "", []


def _behind(leaf: str, reports: Reports) -> list[str]:
    """The members of which a part is known to present another certificate than the one in the Secret."""
    known = {name: report for name, report in reports.items() if report is not None}
    return [name for name, report in known.items() if {report.redis, report.sentinel, report.client} - {leaf, ""}]


def _done(present: TlsFiles | None, step: Step, phase: Phase) -> Done:
    if step is Step.PRESENT:
        if present is None:
            return "issued"
        return "replaced" if phase else "renewed"
    if step is Step.TRUST:
        return "trusted"
    return "retired" if step is Step.RETIRE else ""


def _state(files: TlsFiles | None, reports: Reports, now: datetime) -> TlsState:
    if files is None:
        return TlsState()
    issuer = issuer_of(files.chain, files.authorities)
    return TlsState(
        not_after=files.chain[0].not_valid_after_utc,
        authority_not_after=issuer.not_valid_after_utc if issuer is not None else None,
        expiring=_expiring(files, reports, now),
    )


def _expiring(files: TlsFiles, reports: Reports, now: datetime) -> str:
    """What is about to expire; empty if nothing is."""
    leaf = files.chain[0]
    if is_expiring(leaf, files.ends_at, now):
        what = "the certificate" if files.ends_at == leaf.not_valid_after_utc else "the authority that issued the certificate"
        return f"{what} expires at {format_time(files.ends_at)} and was not renewed"
    for name, report in reports.items():
        end = parse_time(report.not_after) if report is not None else None
        if end is not None and is_expiring(leaf, end, now):
            return f"{name} uses a certificate that expires at {format_time(end)}, and has not taken the new one"
    return ""
