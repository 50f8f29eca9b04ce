"""What a member of a highly available instance says of itself at `REPORT_PATH`: the sidecar writes it, the operator reads it.

It holds roles, offsets and fingerprints, and nothing of the data or the credentials. It is outside the base path, as `/metrics` is, so that
no Ingress leads to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

REPORT_PATH = "/member"

Role = Literal["primary", "replica", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaView:
    """One replica as a Sentinel sees it."""

    eligible: bool
    """Its priority is not 0, so that the Sentinel may promote it."""
    down: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SentinelReport:
    """The Sentinel of a member."""

    up: bool = False
    primary: str | None = None
    """Name of the member that it takes for the primary."""
    has_quorum: bool = False
    """Whether it could have another member promoted."""
    epoch: int = 0
    """Its configuration epoch, which every failover raises."""
    replicas: Mapping[str, ReplicaView] = field(default_factory=dict)
    """By name of the member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesReport:
    """The certificates that a member uses; fingerprints are SHA-256 of the DER form, in hexadecimal digits."""

    redis: str = ""
    """Of the certificate that its Redis presents; empty if that is not known."""
    sentinel: str = ""
    """The same of its Sentinel."""
    client: str = ""
    """Of the certificate that the sidecar presents."""
    trusted: tuple[str, ...] = ()
    """Of all authorities that Redis, Sentinel and sidecar accept by now, sorted."""
    not_after: str = ""
    """When the first of these certificates expires; RFC 3339."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberReport:
    """One member."""

    name: str
    role: Role = "unknown"
    """What its Redis is; a Redis in quarantine is a replica."""
    primary: str | None = None
    """Name of the member that the sidecar sends commands to."""
    linked: bool = False
    """A replica's link to the primary is up; true for a primary."""
    in_sync: bool = False
    """It has had a complete copy of the primary's data in this life of its process; true for a primary."""
    eligible: bool = False
    """The priority that its Redis has is not 0."""
    offset: int = 0
    """Its replication offset, in bytes."""
    lag_bytes: int | None = None
    """How far a replica is behind the primary; None if that is not known."""
    lag_seconds: float | None = None
    """How old the data of a replica are; None if that is not known."""
    switching_over: bool = False
    """It hands the role of the primary over at this moment."""
    failovers: int = 0
    """How many times the primary has changed since the sidecar started, planned or not."""
    last_change: Literal["", "failover", "switchover"] = ""
    """How it changed last."""
    sentinel: SentinelReport = SentinelReport()
    certificates: CertificatesReport | None = None
    """None without TLS."""


def dump(report: MemberReport) -> bytes:
    """The report in JSON."""
    return json.dumps(asdict(report)).encode()


def load(text: str | bytes) -> MemberReport:
    """The report in a text; fields that are not known are left out, so that a newer sidecar may say more.

    Raises:
        ValueError: It is not a report.
    """
    try:
        fields: dict[str, Any] = _known(MemberReport, json.loads(text))
        sentinel = _known(SentinelReport, fields.pop("sentinel", {}))
        replicas = {name: ReplicaView(**_known(ReplicaView, view)) for name, view in sentinel.pop("replicas", {}).items()}
        certificates = fields.pop("certificates", None)
        if certificates is not None:
            certificates = _known(CertificatesReport, certificates)
            certificates = CertificatesReport(**{**certificates, "trusted": tuple(certificates.get("trusted", ()))})
        report = MemberReport(**fields, sentinel=SentinelReport(**sentinel, replicas=replicas), certificates=certificates)
        for part in (report, report.sentinel, *replicas.values(), *([certificates] if certificates is not None else [])):
            _check(part)
    except (AttributeError, RecursionError, TypeError) as error:
        raise ValueError(f"not a report of a member: {error}") from None
    return report


_CHANGES = ("", "failover", "switchover")
_LONGEST_TEXT = 256
_MOST_ITEMS = 16
_SCALARS: dict[str, Any] = {
    "str": str,
    "str | None": (str, type(None)),
    "bool": bool,
    "int": int,
    "int | None": (int, type(None)),
    "float | None": (int, float, type(None)),
}


def _check(part: MemberReport | SentinelReport | ReplicaView | CertificatesReport) -> None:
    """Return if every scalar of a part is of its type and of a size that a status can hold.

    Raises:
        TypeError: One is not.
    """
    for name, declared in type(part).__dataclass_fields__.items():
        value, kind = getattr(part, name), str(declared.type)
        fits = kind not in _SCALARS or (isinstance(value, _SCALARS[kind]) and (kind == "bool" or not isinstance(value, bool)))
        if isinstance(value, str):
            fits = fits and len(value) <= _LONGEST_TEXT
        elif isinstance(value, int | float):
            fits = fits and abs(value) < 2**63
        elif isinstance(value, tuple | dict):
            fits = len(value) <= _MOST_ITEMS and all(isinstance(item, str) and len(item) <= _LONGEST_TEXT for item in value)
        if not fits:
            raise TypeError(f"{name} does not fit")
    if isinstance(part, MemberReport) and (part.role not in get_args(Role) or part.last_change not in _CHANGES):
        raise TypeError("role or last_change is not known")


def _known(kind: type, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name in kind.__dataclass_fields__}  # type: ignore[attr-defined]
