"""The hosts that a route takes, by its rules and by its annotations. None stands for every host that no other route names.

Several ingress controllers have annotations that add hosts to an Ingress, and external-dns makes DNS names of some. They are known by the
part of their key after the `/`, because controllers took over each other's annotations under prefixes of their own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from kuberedis_core.body import Body
from kuberedis_core.host_pattern import WILDCARD

Hosts = frozenset[str | None]

_LISTS = frozenset("server-alias server-alias-regex host-aliases hostname internal-hostname redirect-from redirect-from-regex".split())
"""Annotations whose value is a list of hosts; that of a regular expression is one that no rule allows."""
_WWW = "from-to-www-redirect"
"""Adds `www.` to the host, or takes it away: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/."""
_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def annotated_hosts(annotations: Mapping[str, str], host: str | None) -> frozenset[str]:
    """The hosts that annotations add to a route, in lower case; a text that is no host, such as a regular expression, stays as it is.

    Args:
        annotations: annotations of the Ingress or HTTPRoute.
        host: host of its rule.
    """
    found: set[str] = set()
    for key, value in annotations.items():
        name = key.rpartition("/")[2]
        if name in _LISTS:
            found.update(part.lower().rstrip(".") for part in re.split(r"[\s,]+", value) if part)
        elif name == _WWW and host is not None and value.strip().lower() == "true":
            found.add(host.removeprefix("www.") if host.startswith("www.") else f"www.{host}")
    return frozenset(found)


def is_host(text: str) -> bool:
    """Whether `text` is a host name, or one with a wildcard in front, that can be compared with others."""
    return _HOST.fullmatch(text) is not None


def ingress_hosts(ingress: Body) -> Hosts:
    """The hosts of any Ingress (https://kubernetes.io/docs/concepts/services-networking/ingress/#the-ingress-resource)."""
    spec = ingress.get("spec") or {}
    hosts: set[str | None] = {rule.get("host") or None for rule in spec.get("rules") or ()}
    if "defaultBackend" in spec or not hosts:
        hosts.add(None)
    annotations = ingress["metadata"].get("annotations") or {}
    return frozenset(hosts.union(*(annotated_hosts(annotations, host) for host in hosts)))


def http_route_hosts(route: Body) -> Hosts:
    """The hosts of any HTTPRoute. Without hostnames it has those of its listeners, which may be every host."""
    hosts: Hosts = frozenset((route.get("spec") or {}).get("hostnames") or (None,))
    return hosts | annotated_hosts(route["metadata"].get("annotations") or {}, None)


class HostIndex:
    """Which namespaces have routes on a host. A route is counted as often as it is added."""

    def __init__(self) -> None:
        self._namespaces: dict[str | None, Counter[str]] = {}

    def add(self, namespace: str, hosts: Iterable[str | None]) -> None:
        """Count a route of `namespace` on each of `hosts`."""
        for host in hosts:
            self._namespaces.setdefault(host, Counter())[namespace] += 1

    def remove(self, namespace: str, hosts: Iterable[str | None]) -> None:
        """Undo `add`."""
        for host in hosts:
            counts = self._namespaces[host]
            counts[namespace] -= 1
            if not counts[namespace]:
                del counts[namespace]
            if not counts:
                del self._namespaces[host]

    def others_on(self, host: str | None, namespace: str) -> Collection[str]:
        """Other namespaces than `namespace` with a route on exactly this host."""
        return self._namespaces.get(host, Counter()).keys() - {namespace}

    def others_below(self, host: str, namespace: str) -> Collection[str]:
        """Other namespaces with a route on this host, or on a wildcard that it would hide at this host."""
        return {other for name in (host, *_wildcards(host)) for other in self.others_on(name, namespace)}


def _wildcards(host: str) -> Iterator[str]:
    """The wildcards above a host; those of the Gateway API stand for several labels."""
    labels = host.removeprefix(WILDCARD).split(".")
    return (f"{WILDCARD}{'.'.join(labels[start:])}" for start in range(1, len(labels)))
