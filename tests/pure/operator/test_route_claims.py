"""Which instance has which route: nobody loses requests to another namespace, whatever that one asks for and in whichever order."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

import pytest

from kuberedis_core.crd.names import NamespacedName
from kuberedis_operator.instance.route_claims import RouteClaims
from kuberedis_operator.instance.route_records import MOST_FREED, RouteRecords
from kuberedis_operator.status.reconcile_result import RouteDecision
from kuberedis_operator.topology.route import RouteClaim
from kuberedis_operator.topology.route_hosts import HostIndex
from tests.operator.rendering import settings

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TEAM, EVIL = NamespacedName("team-a", "cache"), NamespacedName("evil", "cache")
HOST = "redis.example.com"
SHARED = {"KUBEREDIS_INGRESS_HOST": HOST}
ALLOWED = {"KUBEREDIS_HOSTS": "team-a=*.a.example.com,*=shared.example.com"}


class Wish(NamedTuple):
    """An instance and what it asks for."""

    key: NamespacedName
    host: str | None = None
    aliases: tuple[str, ...] = ()
    path: str = "/instances/cache"
    age_days: int = 0


class Cluster:
    """Instances, decided one after the other, of an operator with these settings."""

    def __init__(
        self,
        variables: Mapping[str, str] = MappingProxyType({}),
        records: RouteRecords | None = None,
        foreign: tuple[tuple[str, str | None], ...] = (),
    ) -> None:
        self.settings = settings(**variables)
        self.records = records or RouteRecords()
        index = HostIndex()
        for namespace, host in foreign:
            index.add(namespace, [host])
        self.claims = RouteClaims(self.settings, self.records, index)

    def claim(self, wish: Wish, now: datetime = NOW) -> set[NamespacedName]:
        default = self.settings.ingress_host
        hosts = frozenset({wish.host or default, *wish.aliases})
        route = RouteClaim(wish.path, hosts, frozenset(host for host in hosts if host not in (None, default)))
        created_at = (NOW - timedelta(days=wish.age_days)).isoformat()
        return self.claims.claim(wish.key, route, created_at, f"uid-{wish.key.namespace}", now)

    def decide(self, wish: Wish, now: datetime = NOW) -> str:
        """The reason why the instance does not get its route, or empty."""
        return reason(self.decision(wish, now))

    def decision(self, wish: Wish, now: datetime = NOW) -> RouteDecision:
        self.claim(wish, now)
        return self.claims.decide(wish.key, now)


def reason(decision: RouteDecision) -> str:
    return decision.conflict.reason if decision.conflict is not None else ""


OTHER_PATH = "/instances/other"
ATTACKS: dict[str, tuple[dict[str, str], Wish, Wish, str]] = {
    # settings of the operator, what the victim has, what the attacker asks for later, why it is refused
    "the path without a host": ({}, Wish(TEAM), Wish(EVIL), "PathTaken"),
    "the path, by an older instance": ({}, Wish(TEAM), Wish(EVIL, age_days=9), "PathTaken"),
    "the name that clients use, where routes have no host": ({}, Wish(TEAM), Wish(EVIL, HOST), "PathTaken"),
    "that name and another path": ({}, Wish(TEAM), Wish(EVIL, HOST, path=OTHER_PATH), "HostTaken"),
    "that name as an alias": ({}, Wish(TEAM), Wish(EVIL, None, (HOST,), OTHER_PATH), "HostTaken"),
    "that name as an alias of a host": ({}, Wish(TEAM), Wish(EVIL, "evil.example.com", (HOST,), OTHER_PATH), "HostTaken"),
    "another's host": ({}, Wish(TEAM, HOST), Wish(EVIL, HOST, path=OTHER_PATH), "HostTaken"),
    "another's host and path": ({}, Wish(TEAM, HOST), Wish(EVIL, HOST), "PathTaken"),
    "another's host, by an older instance": ({}, Wish(TEAM, HOST), Wish(EVIL, HOST, path=OTHER_PATH, age_days=9), "HostTaken"),
    "another's alias": ({}, Wish(TEAM, None, (HOST,)), Wish(EVIL, None, (HOST,), OTHER_PATH), "HostTaken"),
    "the path on every host, of one that has a host": ({}, Wish(TEAM, HOST), Wish(EVIL), "PathTaken"),
    "a wildcard over a host": ({}, Wish(TEAM), Wish(EVIL, None, ("*.example.com",), OTHER_PATH), "HostTaken"),
    "a regular expression": ({}, Wish(TEAM, HOST), Wish(EVIL, "e.example.com", ("~^redis",), OTHER_PATH), "HostNotAllowed"),
    "the path on the shared host": (SHARED, Wish(TEAM), Wish(EVIL, HOST), "PathTaken"),
    "the path on the shared host, as an alias": (SHARED, Wish(TEAM), Wish(EVIL, "evil.example.com", (HOST,)), "PathTaken"),
    "the host of the public URL": (
        {"KUBEREDIS_PUBLIC_URL": f"https://{HOST}"},
        Wish(TEAM, "a.example.com"),
        Wish(EVIL, HOST, path=OTHER_PATH),
        "HostNotAllowed",
    ),
    "a host of another namespace": (ALLOWED, Wish(TEAM, "x.a.example.com"), Wish(EVIL, "y.a.example.com"), "HostNotAllowed"),
    "a host of nobody": (ALLOWED, Wish(TEAM), Wish(EVIL, HOST), "HostNotAllowed"),
    "more than one label": (ALLOWED, Wish(EVIL), Wish(TEAM, "x.y.a.example.com"), "HostNotAllowed"),
    "the path on a host for everybody": (ALLOWED, Wish(TEAM, "shared.example.com"), Wish(EVIL, "shared.example.com"), "PathTaken"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attacker_is_refused_and_the_other_keeps_its_route(attack: str) -> None:
    variables, victim, attacker, why = ATTACKS[attack]
    cluster = Cluster(variables)
    assert cluster.decide(victim) == ""
    assert cluster.decide(attacker) == why
    assert cluster.decide(victim) == ""
    # Nor is it so after a restart of the operator, whichever of them is seen first.
    again = Cluster(variables, restarted(cluster.records))
    for wish in (attacker, victim):
        again.claim(wish)
    assert (again.decide(attacker), again.decide(victim)) == (why, "")


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_refusal_says_who_and_which_setting_allows_it(attack: str) -> None:
    variables, victim, attacker, _ = ATTACKS[attack]
    cluster = Cluster(variables)
    cluster.decide(victim)
    conflict = cluster.decision(attacker).conflict
    assert conflict is not None
    assert "KUBEREDIS_" in conflict.message
    assert len(conflict.message) < 500


ALLOWED_SIDE_BY_SIDE: dict[str, tuple[dict[str, str], Wish, Wish]] = {
    "other paths": ({}, Wish(TEAM), Wish(EVIL, path=OTHER_PATH)),
    "other hosts": ({}, Wish(TEAM, "a.example.com"), Wish(EVIL, "b.example.com")),
    "the shared host by its name": (SHARED, Wish(TEAM), Wish(EVIL, HOST, path=OTHER_PATH)),
    "a host beside the shared one": (SHARED, Wish(TEAM), Wish(EVIL, "b.example.com")),
    "a host of the namespace's own": (ALLOWED, Wish(EVIL), Wish(TEAM, "x.a.example.com")),
    "a host for everybody": (ALLOWED, Wish(TEAM, "shared.example.com"), Wish(EVIL, "shared.example.com", path=OTHER_PATH)),
    "one namespace": ({}, Wish(TEAM), Wish(NamespacedName("team-a", "other"), HOST, path=OTHER_PATH)),
}


@pytest.mark.parametrize("case", ALLOWED_SIDE_BY_SIDE)
def test_routes_that_take_nothing_from_each_other_are_granted(case: str) -> None:
    variables, first, second = ALLOWED_SIDE_BY_SIDE[case]
    cluster = Cluster(variables)
    assert (cluster.decide(first), cluster.decide(second)) == ("", "")


@pytest.mark.parametrize(
    ("foreign", "why"),
    [
        (("shop", HOST), "HostTaken"),
        (("shop", "*.example.com"), "HostTaken"),
        (("shop", "*.com"), "HostTaken"),
        (("shop", None), "HostTaken"),
        (("team-a", HOST), ""),
        (("shop", "other.example.com"), ""),
    ],
)
def test_a_host_that_foreign_routes_are_on_is_refused(foreign: tuple[str, str | None], why: str) -> None:
    assert Cluster(foreign=(foreign,)).decide(Wish(TEAM, HOST)) == why
    assert Cluster(foreign=(foreign,)).decide(Wish(TEAM)) == ""
    assert Cluster(foreign=(foreign,), variables={"KUBEREDIS_HOSTS": f"team-a={HOST}"}).decide(Wish(TEAM, HOST)) == ""


def test_a_host_that_was_granted_stays_when_routes_without_a_host_come_and_these_are_told() -> None:
    cluster = Cluster()
    earlier, later = Wish(TEAM, HOST), Wish(EVIL, path=OTHER_PATH)
    assert (cluster.decide(earlier), cluster.decide(later)) == ("", "")
    assert cluster.decide(earlier) == ""
    hidden = cluster.decision(later).hidden
    assert hidden is not None
    assert "team-a/cache" in hidden.message
    assert HOST in hidden.message


def test_an_older_instance_that_wakes_up_takes_nothing() -> None:
    cluster = Cluster(SHARED)
    assert cluster.decide(Wish(EVIL, "evil.example.com", age_days=9)) == ""
    assert cluster.decide(Wish(TEAM)) == ""
    assert cluster.decide(Wish(EVIL, HOST, age_days=9)) == "PathTaken"
    assert cluster.decide(Wish(TEAM)) == ""


def test_of_those_that_wait_the_oldest_comes_first() -> None:
    cluster = Cluster()
    older, younger = Wish(EVIL, age_days=2), Wish(TEAM, age_days=1)
    for wish in (younger, older):
        cluster.claim(wish)
    assert (cluster.decide(younger), cluster.decide(older)) == ("PathTaken", "")


def test_other_settings_leave_a_contested_path_where_it_was() -> None:
    before = Cluster(SHARED)
    assert before.decide(Wish(TEAM)) == ""
    assert before.decide(Wish(EVIL, age_days=9)) == "PathTaken"
    after = Cluster({"KUBEREDIS_INGRESS_HOST": "new.example.com"}, restarted(before.records))
    for wish in (Wish(EVIL, age_days=9), Wish(TEAM)):
        after.claim(wish)
    assert (after.decide(Wish(EVIL, age_days=9)), after.decide(Wish(TEAM))) == ("PathTaken", "")


def test_a_path_that_became_free_is_held_back_from_other_namespaces_and_not_from_its_own() -> None:
    for again, why in ((Wish(EVIL), "PathHeldBack"), (Wish(EVIL, HOST), "PathHeldBack"), (Wish(TEAM), "")):
        cluster = Cluster()
        cluster.decide(Wish(TEAM))
        cluster.claim(Wish(EVIL, again.host))
        assert cluster.claims.release(TEAM, NOW) == {EVIL}
        # A restart of the operator forgets nothing.
        cluster = Cluster(records=restarted(cluster.records))
        decision = cluster.decision(again, NOW + DAY / 2)
        assert reason(decision) == why
        if why:
            assert decision.until == NOW + DAY
            assert decision.conflict is not None
            assert "2026-03-04T12:00:00Z" in decision.conflict.message
        assert cluster.decide(again, NOW + DAY) == ""


def test_a_path_is_not_held_back_where_that_is_turned_off() -> None:
    cluster = Cluster({"KUBEREDIS_ROUTE_HOLD_SECONDS": "0"})
    cluster.decide(Wish(TEAM))
    cluster.claims.release(TEAM, NOW)
    assert cluster.decide(Wish(EVIL)) == ""


def test_the_path_of_an_instance_that_went_while_no_operator_ran_is_held_back() -> None:
    cluster = Cluster()
    cluster.decide(Wish(TEAM))
    after = Cluster(records=restarted(cluster.records))
    after.claim(Wish(EVIL))
    after.records.free_all_but([EVIL], NOW + DAY)
    assert after.decide(Wish(EVIL), NOW + DAY) == "PathHeldBack"


def test_records_are_bounded_and_one_namespace_does_not_crowd_out_another() -> None:
    cluster = Cluster()
    cluster.decide(Wish(TEAM))
    cluster.claims.release(TEAM, NOW)
    for number in range(3 * MOST_FREED):
        key = NamespacedName("evil", f"flood-{number}")
        assert cluster.decide(Wish(key, path=f"/instances/flood-{number}")) == ""
        cluster.claims.release(key, NOW)
    entries = {name: text for name, text in cluster.records.take_changes("evil").items() if text is not None}
    assert len(entries) == MOST_FREED
    assert cluster.decide(Wish(EVIL)) == "PathHeldBack"


def test_entries_that_somebody_spoilt_are_left_out() -> None:
    records = RouteRecords()
    spoilt = {"a": "{", "b": "[]", "c": '{"path": 1, "hosts": []}', "d.1": '{"path": "/x", "hosts": [null], "freedAt": "soon"}'}
    assert records.load("team-a", spoilt) == list(spoilt)
    assert records.grants == {}


def restarted(records: RouteRecords) -> RouteRecords:
    """The records that another process reads after this one wrote all."""
    kept = RouteRecords()
    for namespace in ("team-a", "evil"):
        entries = {name: text for name, text in records.take_changes(namespace).items() if text is not None}
        assert kept.load(namespace, entries) == []
    return kept
