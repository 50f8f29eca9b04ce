"""Two instances that want the same host and path: the older has it, and it passes on."""

from kuberedis_core.crd.names import NamespacedName
from kuberedis_operator.instance.route_claims import Place, PlaceTable

OLD, YOUNG, OTHER = NamespacedName("a", "cache"), NamespacedName("b", "cache"), NamespacedName("c", "other")
ROUTE = Place(None, "/instances/cache")
MONDAY, TUESDAY = "2025-03-03T12:00:00Z", "2025-03-04T12:00:00Z"


def test_the_older_keeps_the_path_whichever_is_seen_first() -> None:
    for first, second in ((OLD, YOUNG), (YOUNG, OLD)):
        table = PlaceTable()
        for key in (first, second):
            table.claim(key, ROUTE, MONDAY if key == OLD else TUESDAY, f"uid-{key.namespace}")
        assert table.holder(ROUTE) == OLD


def test_of_two_from_the_same_second_one_has_it_for_good() -> None:
    table = PlaceTable()
    table.claim(YOUNG, ROUTE, MONDAY, "2")
    table.claim(OLD, ROUTE, MONDAY, "1")
    assert table.holder(ROUTE) == OLD


def test_the_younger_is_told_when_the_path_is_free() -> None:
    table = PlaceTable()
    table.claim(OLD, ROUTE, MONDAY, "1")
    assert table.claim(YOUNG, ROUTE, TUESDAY, "2") == {OLD}
    assert table.release(OLD) == {YOUNG}
    assert table.holder(ROUTE) == YOUNG


def test_the_younger_is_told_when_the_older_takes_another_host() -> None:
    table = PlaceTable()
    table.claim(OLD, ROUTE, MONDAY, "1")
    table.claim(YOUNG, ROUTE, TUESDAY, "2")
    assert table.claim(OLD, Place("redis.example.com", ROUTE.path), MONDAY, "1") == {YOUNG}
    assert table.holder(ROUTE) == YOUNG


def test_a_claim_that_says_nothing_new_tells_nobody() -> None:
    table = PlaceTable()
    table.claim(OLD, ROUTE, MONDAY, "1")
    table.claim(YOUNG, ROUTE, TUESDAY, "2")
    assert table.claim(YOUNG, ROUTE, TUESDAY, "2") == set()


def test_an_instance_applied_anew_under_its_old_name_is_the_younger() -> None:
    table = PlaceTable()
    table.claim(OLD, ROUTE, MONDAY, "1")
    table.claim(YOUNG, ROUTE, MONDAY, "2")
    table.release(OLD)
    table.claim(OLD, ROUTE, TUESDAY, "3")
    assert table.holder(ROUTE) == YOUNG


def test_other_paths_are_no_conflict() -> None:
    table = PlaceTable()
    table.claim(OLD, ROUTE, MONDAY, "1")
    assert table.claim(OTHER, Place(None, "/instances/other"), TUESDAY, "2") == set()
    assert table.holder(Place(None, "/instances/none")) is None
