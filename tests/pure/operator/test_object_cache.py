"""The cache of objects: later versions win, in whichever order they arrive."""

from typing import Any

from kuberedis_core.crd.names import NamespacedName
from kuberedis_operator.runtime.object_cache import ObjectCache

KEY = NamespacedName("ns", "a")


def body(version: int, **members: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "ns", "name": "a", "resourceVersion": str(version)}, **members}


def test_an_older_version_does_not_replace_a_newer_one() -> None:
    cache = ObjectCache()
    assert cache.put(body(5))
    assert not cache.put(body(4))
    assert not cache.put(body(5))
    assert cache.get(KEY) == body(5)


def test_a_write_is_visible_at_once_and_its_watch_event_is_not_new() -> None:
    cache = ObjectCache()
    cache.put(body(5))
    cache.put_written(body(6, data={"a": "1"}))
    assert cache.get(KEY) == body(6, data={"a": "1"})
    assert not cache.put(body(6, data={"a": "1"}))


def test_a_change_that_precedes_a_write_is_new() -> None:
    cache = ObjectCache()
    cache.put(body(5))
    cache.put_written(body(7, data={"a": "1"}))
    assert cache.put(body(6))
    assert cache.get(KEY) == body(7, data={"a": "1"})
    assert not cache.put(body(6))
    assert not cache.put(body(7, data={"a": "1"}))


def test_watch_events_of_writes_in_a_row_are_not_new_and_changes_between_them_are() -> None:
    cache = ObjectCache()
    cache.put(body(5))
    for version in (6, 8, 9):
        cache.put_written(body(version))
    assert [cache.put(body(version)) for version in (6, 7, 8, 9, 10)] == [False, True, False, False, True]


def test_the_response_to_a_write_does_not_restore_an_object_that_was_deleted_since() -> None:
    cache = ObjectCache()
    cache.put(body(5))
    cache.remove(KEY, 7)
    cache.put_written(body(6))
    assert cache.get(KEY) is None


def test_a_late_deletion_does_not_remove_the_object_that_came_after() -> None:
    cache = ObjectCache()
    cache.put_written(body(9))
    assert not cache.remove(KEY, 7)
    assert cache.get(KEY) == body(9)


def test_a_new_list_removes_what_is_gone_and_keeps_what_was_written_since() -> None:
    cache = ObjectCache()
    cache.put(body(5))
    cache.put_written({"metadata": {"namespace": "ns", "name": "b", "resourceVersion": "12"}})
    assert [gone["metadata"]["name"] for gone in cache.keep_only(set(), None, 10)] == ["a"]
    assert list(cache) == [NamespacedName("ns", "b")]


def test_a_list_of_one_namespace_says_nothing_about_another() -> None:
    cache = ObjectCache()
    cache.put(body(5))
    assert cache.keep_only(set(), "other", 10) == []
    assert cache.get(KEY) is not None
