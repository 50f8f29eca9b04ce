"""The Secret NAME-ca: the certificate authority of an instance's members and its key. No pod mounts it."""

from __future__ import annotations

from dataclasses import dataclass

from kuberedis_core.body import Body
from kuberedis_core.crd.kind import GROUP
from kuberedis_operator.certificates.issuing import KeyPair
from kuberedis_operator.resources import secret_data
from kuberedis_operator.resources.kinds import SECRET
from kuberedis_operator.resources.objects import child
from kuberedis_operator.topology.topology import Topology

_CERTIFICATE = "ca.crt"
_KEY = "ca.key"
_REQUEST = f"{GROUP}/rotate-ca-handled"


@dataclass(frozen=True, slots=True)
class Authority:
    """The authority of an instance and its origin."""

    pair: KeyPair
    request: str = ""
    """The value of the annotation `rotate-ca` that it was made for."""


def build(topology: Topology, authority: Authority) -> Body:
    """The Secret with `authority`."""
    return child(
        topology.instance,
        SECRET,
        topology.authority_secret,
        "credentials",
        annotations={_REQUEST: authority.request} if authority.request else {},
        type="Opaque",
        data=secret_data.encode({_CERTIFICATE: authority.pair.certificate, _KEY: authority.pair.key}),
    )


def read(secret: Body) -> Authority | None:
    """The authority in a Secret, or None if it holds none."""
    data = secret.get("data") or {}
    certificate, key = secret_data.decode(data.get(_CERTIFICATE)), secret_data.decode(data.get(_KEY))
    if not (certificate and key):
        return None
    return Authority(KeyPair(certificate, key), (secret["metadata"].get("annotations") or {}).get(_REQUEST, ""))
