"""Which routes were granted to whom, and which became free lately, as entries of the ConfigMap that a namespace has for them. Pure.

An entry of a grant is named after its instance; one of a route that became free has a `.` in its name, which no instance has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kuberedis_core.crd.names import NamespacedName
from kuberedis_core.timestamps import format_time, parse_time
from kuberedis_operator.topology.route import RouteClaim

MOST_FREED = 64
"""Routes that became free and are kept per namespace; of more the oldest are forgotten, so that nobody fills the records."""

Entries = dict[str, str | None]
"""Entries to write, by name; None: to remove."""


@dataclass(frozen=True, slots=True)
class FreedRoute:
    """A route that an instance of `namespace` had until `freed_at`."""

    namespace: str
    route: RouteClaim
    freed_at: datetime


@dataclass(slots=True)
class RouteRecords:
    """Grants by instance, and routes that became free."""

    grants: dict[NamespacedName, RouteClaim] = field(default_factory=dict)
    _freed: dict[str, dict[str, FreedRoute]] = field(default_factory=dict)
    _freed_by_path: dict[str, dict[tuple[str, str], FreedRoute]] = field(default_factory=dict)
    _changes: dict[str, Entries] = field(default_factory=dict)

    def grant(self, key: NamespacedName, route: RouteClaim) -> None:
        """Record that `key` has `route`."""
        self.grants[key] = route
        self._change(key.namespace, key.name, _text(route))
        for name, freed in list(self._freed.get(key.namespace, {}).items()):
            if (freed.route.path, freed.route.hosts) == (route.path, route.hosts):
                self._remove(key.namespace, name)

    def free(self, key: NamespacedName, now: datetime) -> None:
        """Record that `key` does not have its route any more, if it had one."""
        if (route := self.grants.pop(key, None)) is None:
            return
        self._change(key.namespace, key.name, None)
        name = f"{key.name}.{hashlib.sha256(_text(route).encode()).hexdigest()[:12]}"
        self._keep(name, FreedRoute(key.namespace, route, now))
        self._change(key.namespace, name, _text(route, now))
        freed = self._freed[key.namespace]
        for oldest in sorted(freed, key=lambda name: freed[name].freed_at)[:-MOST_FREED]:
            self._remove(key.namespace, oldest)

    def free_all_but(self, keys: Iterable[NamespacedName], now: datetime) -> None:
        """Record that instances which do not exist have their routes no more."""
        for key in self.grants.keys() - set(keys):
            self.free(key, now)

    def freed_on(self, path: str) -> list[FreedRoute]:
        """Routes to `path` that became free."""
        return list(self._freed_by_path.get(path, {}).values())

    def forget_freed_before(self, time: datetime) -> None:
        """Forget what became free before `time`."""
        for namespace, found in list(self._freed.items()):
            for name, freed in list(found.items()):
                if freed.freed_at < time:
                    self._remove(namespace, name)

    def load(self, namespace: str, entries: Mapping[str, Any]) -> list[str]:
        """Take over what was recorded for `namespace`.

        Returns:
            Names of the entries that cannot be read, which are left out.
        """
        unreadable = []
        for name, text in entries.items():
            try:
                route, freed_at = _read(text)
            except (ValueError, TypeError, KeyError):
                unreadable.append(name)
                continue
            if freed_at is None:
                self.grants[NamespacedName(namespace, name)] = route
            else:
                self._keep(name, FreedRoute(namespace, route, freed_at))
        return unreadable

    def take_changes(self, namespace: str) -> Entries:
        """What has to be written for `namespace` since this was last called."""
        return self._changes.pop(namespace, {})

    def put_back(self, namespace: str, entries: Entries) -> None:
        """Entries that could not be written."""
        self._changes[namespace] = {**entries, **self._changes.get(namespace, {})}

    def _keep(self, name: str, freed: FreedRoute) -> None:
        self._freed.setdefault(freed.namespace, {})[name] = freed
        self._freed_by_path.setdefault(freed.route.path, {})[freed.namespace, name] = freed

    def _remove(self, namespace: str, name: str) -> None:
        path = self._freed[namespace].pop(name).route.path
        del self._freed_by_path[path][namespace, name]
        if not self._freed_by_path[path]:
            del self._freed_by_path[path]
        self._change(namespace, name, None)

    def _change(self, namespace: str, name: str, text: str | None) -> None:
        self._changes.setdefault(namespace, {})[name] = text


def _text(route: RouteClaim, freed_at: datetime | None = None) -> str:
    fields: dict[str, Any] = {"path": route.path, "hosts": _sorted(route.hosts)}
    if route.own_hosts:
        fields["ownHosts"] = _sorted(route.own_hosts)
    if freed_at is not None:
        fields["freedAt"] = format_time(freed_at)
    return json.dumps(fields)


def _sorted(hosts: Iterable[str | None]) -> list[str | None]:
    return sorted(hosts, key=lambda host: host or "")


def _read(text: str) -> tuple[RouteClaim, datetime | None]:
    fields = json.loads(text)
    path, hosts, own_hosts = fields["path"], frozenset(fields["hosts"]), frozenset(fields.get("ownHosts", ()))
    if not isinstance(path, str) or not all(host is None or isinstance(host, str) for host in hosts | own_hosts):
        raise TypeError(text)
    freed_at = parse_time(fields["freedAt"]) if "freedAt" in fields else None
    if "freedAt" in fields and freed_at is None:
        raise ValueError(text)
    return RouteClaim(path, hosts, own_hosts), freed_at
