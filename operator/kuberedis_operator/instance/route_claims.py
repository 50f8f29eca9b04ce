"""Which instance has which route. Pure: what is granted, and what became free, is kept by `route_registry.py`.

Theory of operation
-------------------
A claim is what an instance wants: a path, on every host or on some. A grant is a claim that was accepted; it lasts until the claim changes
or the instance goes, so nobody loses a route to an instance that is older, or comes later. The path of a grant that ended is held back
from other namespaces for a while, because its clients may still send their key there.

An ingress controller makes one virtual host per name, and a request sees no route but those of the most specific virtual host that fits.
So a host that an instance asks for itself hides the routes without a host, and those on a wildcard above it, at that name. Without a
setting that gives hosts to namespaces it is granted only if it hides nobody's, and has no route of another namespace on it. Routes without
a host hide nothing. Of instances that wait for the same, one that lost its grant to a change of the settings comes first, then the oldest.

Every claim has to be known before one is decided. Claims of one namespace never conflict: their paths differ as their names do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kuberedis_core.crd.names import NamespacedName
from kuberedis_operator.instance.route_records import FreedRoute, RouteRecords
from kuberedis_operator.settings import OperatorSettings
from kuberedis_operator.status import route_conflicts
from kuberedis_operator.status.pod_health import Problem
from kuberedis_operator.status.reconcile_result import RouteDecision
from kuberedis_operator.topology.route import RouteClaim
from kuberedis_operator.topology.route_hosts import HostIndex

_POLL = timedelta(seconds=30)


@dataclass(slots=True)
class _Claim:
    key: NamespacedName
    route: RouteClaim
    rank: tuple[bool, str, str]
    """What sorts those that wait: whether it never had the route, its age, its uid."""


_Index = dict[str | None, dict[NamespacedName, _Claim]]


@dataclass(slots=True)
class RouteClaims:
    """Claims and grants of instances.

    Args:
        settings: settings of the operator.
        records: grants, and routes that became free, also those of a former process.
        foreign: routes that belong to no instance.
    """

    settings: OperatorSettings
    records: RouteRecords
    foreign: HostIndex
    _claims: dict[NamespacedName, _Claim] = field(default_factory=dict)
    _by_path: _Index = field(default_factory=dict)
    _by_host: _Index = field(default_factory=dict)
    _with_own_hosts: dict[NamespacedName, _Claim] = field(default_factory=dict)
    _hosts: HostIndex = field(default_factory=HostIndex)

    def is_known(self, key: NamespacedName) -> bool:
        """Whether `key` has claimed a route."""
        return key in self._claims

    def claim(self, key: NamespacedName, route: RouteClaim, created_at: str, uid: str, now: datetime) -> set[NamespacedName]:
        """Claim `route` for `key`, in place of what it claimed before.

        Args:
            key: key of the instance.
            route: what it wants.
            created_at: creationTimestamp of the instance, RFC 3339 in UTC.
            uid: uid of the instance.
            now: current time.

        Returns:
            Keys of other instances for which the result of `decide` may have changed.
        """
        grant = self.records.grants.get(key)
        known = self._claims.get(key)
        if known is not None and known.route == route and known.rank[1:] == (created_at, uid):
            return set()
        affected = self._forget(key)
        if grant is not None and grant != route:
            self.records.free(key, now)
        # With the same hosts of its own, only the operator's settings can have changed what it takes.
        had_it = grant is not None and grant.own_hosts == route.own_hosts
        claim = _Claim(key, route, (not had_it, created_at, uid))
        self._claims[key] = claim
        self._by_path.setdefault(route.path, {})[key] = claim
        for host in route.hosts:
            self._by_host.setdefault(host, {})[key] = claim
        if route.own_hosts:
            self._with_own_hosts[key] = claim
        self._hosts.add(key.namespace, route.hosts)
        return (affected | self._by_path[route.path].keys()) - {key}

    def release(self, key: NamespacedName, now: datetime) -> set[NamespacedName]:
        """Release what `key` claimed and was granted.

        Returns:
            Keys of other instances for which the result of `decide` may have changed.
        """
        self.records.free(key, now)
        return self._forget(key) - {key}

    def decide(self, key: NamespacedName, now: datetime) -> RouteDecision:
        """Whether `key`, which has claimed a route, has it; it is granted if nothing speaks against it."""
        claim = self._claims[key]
        if (refused := self._not_allowed(claim)) is not None:
            self.records.free(key, now)
            return RouteDecision(refused)
        if key in self.records.grants:
            return RouteDecision(hidden=self._hidden(claim))
        if (obstacle := self._obstacle(claim) or self._elder(claim, now)) is not None:
            # What other hosts have, and routes of nobody's, is no event for this instance.
            return RouteDecision(obstacle, until=now + _POLL if claim.route.own_hosts else None)
        if (held := self._held_back(claim, now)) is not None:
            until = held.freed_at + self._hold
            return RouteDecision(route_conflicts.held_back(claim.route, held.namespace, until), until=until)
        self.records.grant(key, claim.route)
        return RouteDecision(hidden=self._hidden(claim))

    @property
    def _hold(self) -> timedelta:
        return timedelta(seconds=self.settings.route_hold_seconds)

    def _forget(self, key: NamespacedName) -> set[NamespacedName]:
        claim = self._claims.pop(key, None)
        if claim is None:
            return set()
        self._with_own_hosts.pop(key, None)
        self._hosts.remove(key.namespace, claim.route.hosts)
        _remove(self._by_path, claim.route.path, key)
        for host in claim.route.hosts:
            _remove(self._by_host, host, key)
        return set(self._by_path.get(claim.route.path, ()))

    def _not_allowed(self, claim: _Claim) -> Problem | None:
        """Why the operator's settings do not give the instance the hosts that it asks for."""
        for host in sorted(claim.route.own_hosts):
            if (problem := route_conflicts.not_allowed(claim.key.namespace, host, self.settings)) is not None:
                return problem
        return None

    def _obstacle(self, claim: _Claim) -> Problem | None:
        """What others have that the claim would take from them."""
        for other in self._rivals(claim):
            if other.key in self.records.grants:
                return route_conflicts.taken(claim.route, other.key, self._hold)
        if self.settings.hosts is not None:
            return None
        namespace = claim.key.namespace
        for host in sorted(claim.route.own_hosts):
            if without := {*self._hosts.others_on(None, namespace), *self.foreign.others_on(None, namespace)}:
                return route_conflicts.would_hide(namespace, host, min(without))
            on_it = {*self._granted_on(host, namespace), *self.foreign.others_below(host, namespace)}
            if on_it:
                return route_conflicts.host_in_use(namespace, host, min(on_it))
        return None

    def _granted_on(self, host: str, namespace: str) -> set[str]:
        found = self._by_host.get(host, {})
        return {key.namespace for key in found if key.namespace != namespace and key in self.records.grants}

    def _held_back(self, claim: _Claim, now: datetime) -> FreedRoute | None:
        return next(
            (
                freed
                for freed in self.records.freed_on(claim.route.path)
                if freed.namespace != claim.key.namespace
                and now < freed.freed_at + self._hold
                and self._meet(freed.route.hosts, claim.route.hosts)
            ),
            None,
        )

    def _elder(self, claim: _Claim, now: datetime) -> Problem | None:
        """Another instance that waits for the same, comes first, and will get it."""
        on_hosts = [self._by_host.get(host, {}) for host in claim.route.own_hosts] if self.settings.hosts is None else []
        waiting = [*self._rivals(claim), *(other for found in on_hosts for other in found.values())]
        for other in sorted(waiting, key=lambda other: other.rank):
            comes_first = other.rank < claim.rank and other.key.namespace != claim.key.namespace
            if comes_first and not (self._not_allowed(other) or self._obstacle(other) or self._held_back(other, now)):
                return route_conflicts.taken(claim.route, other.key, self._hold)
        return None

    def _rivals(self, claim: _Claim) -> list[_Claim]:
        """Claims of other namespaces to the same path on the same host."""
        found = self._by_path[claim.route.path].values()
        return [other for other in found if other.key.namespace != claim.key.namespace and self._meet(other.route.hosts, claim.route.hosts)]

    def _meet(self, hosts: frozenset[str | None], others: frozenset[str | None]) -> bool:
        """Whether a request can be for both; not so where the settings gave the host to one of them."""
        if hosts & others:
            return True
        return self.settings.hosts is None and (None in hosts or None in others)

    def _hidden(self, claim: _Claim) -> Problem | None:
        """A host at which a route without a host is hidden by an instance that asked for it earlier."""
        if self.settings.hosts is not None or None not in claim.route.hosts:
            return None
        for other in self._with_own_hosts.values():
            if other.key.namespace != claim.key.namespace and other.key in self.records.grants:
                return route_conflicts.hidden(min(other.route.own_hosts), other.key)
        return None


def _remove(index: _Index, name: str | None, key: NamespacedName) -> None:
    del index[name][key]
    if not index[name]:
        del index[name]
