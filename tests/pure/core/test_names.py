"""Names of instances and of their objects."""

import pytest

from kuberedis_core.crd import names

LONGEST = "a" * names.MAX_NAME_LENGTH


@pytest.mark.parametrize("name", ["a", "my-cache", "a1", "a--b", LONGEST])
def test_a_name_is_taken(name: str) -> None:
    assert names.check_name(name) == name


@pytest.mark.parametrize("name", ["", "A", "1a", "-a", "a-", "a.b", "a_b", "a/b", "../a", "\u00e4", "a\n", 7, None, ["a"]])
def test_a_name_that_no_object_could_have_is_refused_with_what_to_write(name: object) -> None:
    with pytest.raises(ValueError, match="is not a name of an instance; write lower-case letters, digits and '-'"):
        names.check_name(name)


def test_a_name_too_long_for_its_objects_is_refused() -> None:
    with pytest.raises(ValueError, match="has 51 characters; write at most 50"):
        names.check_name(LONGEST + "a")


@pytest.mark.parametrize(
    "name_of",
    [names.headless_service_name, names.http_service_name, names.secret_name, names.config_map_name, names.pod_name, names.claim_name],
)
def test_names_that_follow_from_the_longest_one_fit_a_label(name_of: object) -> None:
    assert callable(name_of)
    assert len(name_of(LONGEST)) <= 63


def test_labels_of_children_hold_the_selector() -> None:
    assert names.selector("cache").items() <= names.child_labels("cache", "redis").items()
    assert all(len(value) <= 63 for value in names.child_labels(LONGEST, "credentials").values())
