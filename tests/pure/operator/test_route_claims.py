"""Two instances that want the same host and path: the older holds it, and the next gets it."""

from kuberedis_core.crd.names import NamespacedName
from kuberedis_operator.instance.route_claims import RouteClaims
from kuberedis_operator.topology.route import HostPath

OLD, YOUNG, OTHER = NamespacedName("a", "cache"), NamespacedName("b", "cache"), NamespacedName("c", "other")
ROUTE = HostPath(None, "/instances/cache")
MONDAY, TUESDAY = "2025-03-03T12:00:00Z", "2025-03-04T12:00:00Z"


def test_the_older_keeps_the_path_whichever_is_seen_first() -> None:
    for first, second in ((OLD, YOUNG), (YOUNG, OLD)):
        claims = RouteClaims()
        for key in (first, second):
            claims.claim(key, ROUTE, MONDAY if key == OLD else TUESDAY, f"uid-{key.namespace}")
        assert claims.holder(ROUTE) == OLD


def test_the_uid_decides_between_two_of_the_same_second() -> None:
    claims = RouteClaims()
    claims.claim(YOUNG, ROUTE, MONDAY, "2")
    claims.claim(OLD, ROUTE, MONDAY, "1")
    assert claims.holder(ROUTE) == OLD


def test_release_returns_the_next_holder() -> None:
    claims = RouteClaims()
    claims.claim(OLD, ROUTE, MONDAY, "1")
    assert claims.claim(YOUNG, ROUTE, TUESDAY, "2") == {OLD}
    assert claims.release(OLD) == {YOUNG}
    assert claims.holder(ROUTE) == YOUNG


def test_a_claim_to_another_host_returns_the_next_holder() -> None:
    claims = RouteClaims()
    claims.claim(OLD, ROUTE, MONDAY, "1")
    claims.claim(YOUNG, ROUTE, TUESDAY, "2")
    assert claims.claim(OLD, HostPath("redis.example.com", ROUTE.path), MONDAY, "1") == {YOUNG}
    assert claims.holder(ROUTE) == YOUNG


def test_a_repeated_claim_affects_nobody() -> None:
    claims = RouteClaims()
    claims.claim(OLD, ROUTE, MONDAY, "1")
    claims.claim(YOUNG, ROUTE, TUESDAY, "2")
    assert claims.claim(YOUNG, ROUTE, TUESDAY, "2") == set()


def test_an_instance_applied_anew_under_its_old_name_is_the_younger() -> None:
    claims = RouteClaims()
    claims.claim(OLD, ROUTE, MONDAY, "1")
    claims.claim(YOUNG, ROUTE, MONDAY, "2")
    claims.release(OLD)
    claims.claim(OLD, ROUTE, TUESDAY, "3")
    assert claims.holder(ROUTE) == YOUNG


def test_other_paths_are_no_conflict() -> None:
    claims = RouteClaims()
    claims.claim(OLD, ROUTE, MONDAY, "1")
    assert claims.claim(OTHER, HostPath(None, "/instances/other"), TUESDAY, "2") == set()
    assert claims.holder(HostPath(None, "/instances/none")) is None
