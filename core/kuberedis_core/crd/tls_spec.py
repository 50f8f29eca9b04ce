"""`spec.tls`: where the certificates of several members come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from kuberedis_core.crd.object_reader import ObjectReader
from kuberedis_core.crd.text_rules import object_name

TlsMode = Literal["Managed", "CertManager", "Secret"]
IssuerKind = Literal["Issuer", "ClusterIssuer"]

_ISSUER_GROUP = "cert-manager.io"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerRef:
    """An issuer of cert-manager."""

    name: str
    kind: IssuerKind
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSpec:
    """Where the certificates of several members come from."""

    mode: TlsMode
    issuer: IssuerRef | None
    """With CertManager only."""
    secret_name: str | None
    """With Secret only."""


def read_tls(spec: ObjectReader) -> TlsSpec:
    """Read `tls` of a spec.

    Raises:
        InvalidSpec: It names an issuer or a Secret that its mode does not use, or none where it does.
    """
    tls = spec.child("tls", {"mode", "issuerRef", "secretName"})
    mode: TlsMode = tls.choice("mode", get_args(TlsMode)) or "Managed"
    issuer = _issuer(tls.child("issuerRef", {"name", "kind", "group"})) if "issuerRef" in tls else None
    secret_name = tls.read("secretName", object_name)
    for field, value, its_mode in (("issuerRef", issuer, "CertManager"), ("secretName", secret_name, "Secret")):
        if value is None and mode == its_mode:
            raise tls.refuse(field, f"missing; write it with mode: {its_mode}")
        if value is not None and mode != its_mode:
            raise tls.refuse(field, f"is for mode: {its_mode} only; remove it, or write that mode")
    return TlsSpec(mode=mode, issuer=issuer, secret_name=secret_name)


def _issuer(issuer: ObjectReader) -> IssuerRef:
    return IssuerRef(
        name=issuer.required("name", object_name, "name: my-issuer"),
        kind=issuer.choice("kind", get_args(IssuerKind)) or "Issuer",
        group=issuer.read("group", object_name) or _ISSUER_GROUP,
    )
