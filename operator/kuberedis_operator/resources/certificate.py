"""The Certificate NAME: asks cert-manager for the certificate of an instance's members (https://cert-manager.io/docs/reference/api-docs/).

What cert-manager would fill in is not written, so that it may change its mind about it.
"""

from __future__ import annotations

from kuberedis_core.body import Body
from kuberedis_core.crd.names import child_labels, issued_secret_name
from kuberedis_operator.resources.kinds import CERTIFICATE
from kuberedis_operator.resources.objects import child
from kuberedis_operator.topology.tls_names import addresses_of, names_of
from kuberedis_operator.topology.topology import Topology

_DURATION, _RENEW_BEFORE = "2160h", "720h"
"""90 days, renewed at two thirds of them."""


def build(topology: Topology) -> Body | None:
    """The Certificate, or None if certificates come from elsewhere."""
    issuer = topology.spec.tls.issuer
    if issuer is None or not topology.spec.is_replicated or not topology.addresses:
        return None
    spec = {
        "secretName": issued_secret_name(topology.name),
        # The operator watches what carries its label.
        "secretTemplate": {"labels": child_labels(topology.name, "credentials")},
        "issuerRef": {"name": issuer.name, "kind": issuer.kind, "group": issuer.group},
        "dnsNames": list(names_of(topology)),
        "ipAddresses": list(addresses_of(topology)),
        "usages": ["digital signature", "server auth", "client auth"],
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "duration": _DURATION,
        "renewBefore": _RENEW_BEFORE,
    }
    return child(topology.instance, CERTIFICATE, topology.name, "credentials", spec=spec)
