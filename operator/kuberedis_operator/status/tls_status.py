"""The state of the certificates of an instance's members, as the status, the condition TLSReady and Events tell it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from kuberedis_core.timestamps import format_time

Phase = Literal["", "TrustingAuthority", "ReplacingCertificate"]
"""Where the change to another authority is; empty if none is under way."""
Done = Literal["", "issued", "renewed", "trusted", "replaced", "retired"]
"""What was just done."""

_WAITING_FOR: Mapping[Phase, str] = {
    "TrustingAuthority": "trust the new authority",
    "ReplacingCertificate": "present the certificate of the new authority",
    "": "present the new certificate",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsState:
    """The certificates of an instance of several members."""

    not_after: datetime | None = None
    """When the certificate in the Secret expires; None if there is none."""
    authority_not_after: datetime | None = None
    """When the authority that issued it expires."""
    phase: Phase = ""
    waiting_for: tuple[str, ...] = ()
    """Members that have to prove a step before the next one, or that do not present the certificate yet."""
    problem: str = ""
    """Why the certificate that is wanted cannot be used."""
    expiring: str = ""
    """What is about to expire without having been renewed."""
    request: str = ""
    """The value of the annotation `rotate-ca` that was handled last."""
    ignored: bool = False
    """That request asks for an authority that is not the operator's to make."""
    done: Done = ""
    due: datetime | None = None
    """When something has to be done, if no event comes first."""

    @property
    def is_ready(self) -> bool:
        """Whether the members have a certificate, and one that lasts."""
        return self.not_after is not None and not self.problem and not self.expiring

    @property
    def reason(self) -> str:
        """Reason of the condition TLSReady."""
        if self.problem or self.not_after is None:
            return "CertificateInvalid"
        if self.expiring:
            return "CertificateExpiring"
        if self.phase:
            return "RotatingCA"
        return "Renewing" if self.waiting_for else "Valid"

    @property
    def message(self) -> str:
        """Message of the condition TLSReady."""
        if self.problem or self.not_after is None:
            kept = f"; the certificate before is valid until {format_time(self.not_after)}" if self.not_after is not None else ""
            return (self.problem or "there is no certificate yet") + kept
        if self.waiting_for:
            clause = f"waiting for {', '.join(self.waiting_for)} to {_WAITING_FOR[self.phase]}"
            return f"{self.expiring}; {clause}" if self.expiring else clause
        return self.expiring or f"valid until {format_time(self.not_after)}"

    def fields(self) -> dict[str, Any]:
        """`status.tls`."""
        fields: dict[str, Any] = {}
        if self.not_after is not None:
            fields["notAfter"] = format_time(self.not_after)
        if self.authority_not_after is not None:
            fields["caNotAfter"] = format_time(self.authority_not_after)
        if self.phase or self.request:
            rotation = {"phase": "Ignored" if self.ignored else self.phase or "Complete"}
            fields["rotation"] = rotation | ({"request": self.request} if self.request else {})
        return fields


def events(state: TlsState) -> Iterator[tuple[str, str, str]]:
    """Reason, action and note of the Events about what was just done."""
    until = f"valid until {format_time(state.not_after)}" if state.not_after is not None else ""
    if state.done == "issued":
        yield "CertificateIssued", "IssueCertificate", f"the members have a certificate, {until}"
    if state.done == "renewed":
        yield "CertificateRenewed", "RenewCertificate", f"the members get a new certificate, {until}; nothing restarts but Sentinels"
    if state.done == "trusted":
        yield "RotatingCA", "TrustAuthority", "the members are told to trust a new certificate authority beside the old one"
    if state.done == "replaced":
        yield "RotatingCA", "ReplaceCertificate", f"every member trusts the new certificate authority and gets its certificate, {until}"
    if state.done == "retired":
        yield "CARotated", "RetireAuthority", "every member presents a certificate of the new authority; the old one is dropped now"
