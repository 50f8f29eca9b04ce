"""Decides the next step from the certificate that members have to the one that they shall have.

Theory of operation. The Secret that members mount holds one certificate and a bundle of trusted authorities. A member that presents a
certificate from an authority that another member does not trust yet is cut off from it, so a new authority takes three steps, and each
is taken only when every member has proved the one before, by a report of what its Redis, its Sentinel and its sidecar really use:

    TRUST     the bundle gets the new authority beside the old ones     proved when every member trusts it
    PRESENT   the certificate is replaced by one of the new authority   proved when every member presents it
    RETIRE    the bundle loses the authorities that are not needed

The position is not stored: it follows from what the Secret holds, so an operator that stops anywhere continues there, an authority that
is replaced again meanwhile, or a Secret that somebody edits, is only another start. A certificate of an authority that is trusted already
needs no proof, so renewals do not depend on members that are down. Nor does a replacement wait when the old certificate is about to
expire: a member that does not report is down as a rule, and reads the new files when it starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from kuberedis_core.member_report import CertificatesReport


class Step(Enum):
    """What to do next."""

    KEEP = auto()
    TRUST = auto()
    WAIT_FOR_TRUST = auto()
    PRESENT = auto()
    WAIT_FOR_PRESENTATION = auto()
    RETIRE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What the Secret of the members holds, as fingerprints."""

    leaf: str
    issuer: str
    """The authority of the bundle that issued the certificate; empty if none did."""
    authorities: frozenset[str]
    expiring: bool = False
    """The certificate, or the authority that issued it, is about to expire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What it shall hold in the end."""

    leaf: str | None
    """None: a new certificate, which is made when it is needed."""
    authorities: frozenset[str]


Reports = Mapping[str, CertificatesReport | None]
"""By name, of every member; None for one that does not report."""


def next_step(published: Published | None, wanted: Wanted, reports: Reports) -> Step:
    """The next step.

    Args:
        published: what the Secret holds; None if it holds nothing that can be used.
        wanted: what it shall hold.
        reports: what the members use.
    """
    if published is None:
        return Step.PRESENT
    if not wanted.authorities <= published.authorities:
        return Step.TRUST
    if published.leaf != wanted.leaf:
        is_trusted = published.issuer in wanted.authorities or not distrusting(wanted.authorities, reports)
        return Step.PRESENT if is_trusted or published.expiring else Step.WAIT_FOR_TRUST
    if published.authorities == wanted.authorities:
        return Step.KEEP
    return Step.WAIT_FOR_PRESENTATION if not_presenting(published.leaf, reports) else Step.RETIRE


def distrusting(authorities: frozenset[str], reports: Reports) -> list[str]:
    """The members that have not proved that they trust these authorities."""
    return [name for name, report in reports.items() if report is None or not authorities <= set(report.trusted)]


def not_presenting(leaf: str, reports: Reports) -> list[str]:
    """The members that have not proved that all their parts present this certificate."""
    return [name for name, report in reports.items() if report is None or {report.redis, report.sentinel, report.client} != {leaf}]
