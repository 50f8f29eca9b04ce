"""What the certificate of an instance's members is for: DNS names and IP addresses. Pure."""

from __future__ import annotations

from kuberedis_operator.topology.topology import Topology


def server_name(topology: Topology) -> str:
    """The name by which sidecars know the members of the instance, at whatever address they are."""
    return f"{topology.headless_service}.{topology.namespace}.svc"


def names_of(topology: Topology) -> tuple[str, ...]:
    """The DNS names of a certificate: the one that sidecars check, and those by which programs may reach a member."""
    name = server_name(topology)
    services = (f"{member.service}.{topology.namespace}.svc" for member in topology.members)
    return (name, f"*.{name}", *services, "localhost")


def addresses_of(topology: Topology) -> tuple[str, ...]:
    """The IP addresses of a certificate."""
    return (*(address.host for address in topology.addresses), "127.0.0.1", "::1")
