"""Which texts can be the key of an instance."""

import pytest

from kuberedis_core.credentials import MIN_KEY_LENGTH, check_key, new_key


def test_a_new_key_is_a_key_of_256_bits_and_no_two_are_alike() -> None:
    keys = {check_key(new_key()) for _ in range(100)}
    assert len(keys) == 100
    assert all(len(key) >= 256 / 6 for key in keys)


@pytest.mark.parametrize("text", ["k" * MIN_KEY_LENGTH, "k" * 1000, "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~" * 2])
def test_a_long_printable_text_is_a_key(text: str) -> None:
    assert check_key(text) == text


@pytest.mark.parametrize("text", ["", "k" * (MIN_KEY_LENGTH - 1), "k" * 40 + " ", "k" * 40 + "\n", "k" * 40 + "\u00e9", "k" * 40 + "\x00"])
def test_anything_else_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a key is 32 or more printable ASCII characters without a space$"):
        check_key(text)
