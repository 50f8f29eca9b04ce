"""Why an instance does not have the route that it wants, and what to do about it: the texts of condition RouteConflict. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from kuberedis_core.crd.names import NamespacedName
from kuberedis_core.timestamps import format_time
from kuberedis_operator.settings import HOSTS, PATH_TEMPLATE, PUBLIC_URL, ROUTE_HOLD, OperatorSettings
from kuberedis_operator.status.pod_health import Problem
from kuberedis_operator.topology.route import RouteClaim
from kuberedis_operator.topology.route_hosts import is_host


def not_allowed(namespace: str, host: str, settings: OperatorSettings) -> Problem | None:
    """The problem of an instance that asks for a host which the settings do not give to its namespace, or None if they do."""
    if settings.hosts is not None:
        if any(allowed.allows(namespace, host) for allowed in settings.hosts):
            return None
        own = ", ".join(allowed.pattern for allowed in settings.hosts if allowed.namespace in ("*", namespace)) or "none"
        why = f"host {host!r} is not one of those that namespace {namespace} may use ({own})"
    elif not is_host(host):
        why = f"{host!r} is no plain host name, so it cannot be seen whose requests it would take"
    elif settings.public_url_host == host:
        why = f"host {host!r} is that of all instances by the operator's setting {PUBLIC_URL}"
    else:
        return None
    return Problem("HostNotAllowed", f"{why}; {_remedy(namespace, host)}")


def taken(route: RouteClaim, holder: NamespacedName, hold: timedelta) -> Problem:
    """The problem of an instance whose route another one has, or comes before it."""
    later = f"once that one is gone, the path is held back for {_shown(hold)} ({ROUTE_HOLD}) and then passes on"
    return Problem(
        "PathTaken",
        f"{_where(route)} belongs to {'/'.join(holder)}; {later}. Give this instance another name or spec.ingress.host, or have the"
        f" operator's setting {PATH_TEMPLATE} contain {{namespace}}",
    )


def held_back(route: RouteClaim, namespace: str, until: datetime) -> Problem:
    """The problem of an instance whose path another namespace had until lately."""
    return Problem(
        "PathHeldBack",
        f"{_where(route)} belonged to namespace {namespace}, whose clients may still send their key there; other namespaces get it at"
        f" {format_time(until)} ({ROUTE_HOLD}). Until then, give this instance another name",
    )


def would_hide(namespace: str, host: str, other: str) -> Problem:
    """The problem of an instance whose host would hide routes that have none."""
    why = f"namespace {other} has routes without a host, which would not be reached at host {host!r} any more"
    return Problem("HostTaken", f"{why}; {_remedy(namespace, host)}")


def host_in_use(namespace: str, host: str, other: str) -> Problem:
    """The problem of an instance that asks for a host which another namespace has routes on."""
    return Problem("HostTaken", f"host {host!r} belongs to routes of namespace {other}; {_remedy(namespace, host)}")


def hidden(host: str, other: NamespacedName) -> Problem:
    """The problem of an instance without a host, at a host that another one was granted before."""
    return Problem(
        "HostTaken",
        f"requests for host {host!r} do not arrive here: it belongs to the earlier instance {'/'.join(other)}; if that is not meant to be,"
        f" have an administrator set {HOSTS} of the operator",
    )


def _remedy(namespace: str, host: str) -> str:
    pair = f"{namespace}={host}" if is_host(host) else f"{namespace}=HOST"
    return f"remove it from spec.ingress, or have an administrator add {pair} to {HOSTS} of the operator"


def _where(route: RouteClaim) -> str:
    return ", ".join(f"{host or ''}{route.path}" for host in sorted(route.hosts, key=lambda host: host or ""))


def _shown(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    for length, unit in ((3600, "h"), (60, "min")):
        if seconds and seconds % length == 0:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
