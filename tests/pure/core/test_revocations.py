"""The text in which revoked tokens are kept."""

import pytest

from kuberedis_core.revocations import MAX_TEXT_LENGTH, is_token_id, read_revocations, revoke

NEVER = 999_999_999_999


@pytest.mark.parametrize(
    ("text", "revoked"),
    [
        ("", {}),
        ("\n\n", {}),
        ("a 1800000000\nb 1900000000\n", {"a": 1_800_000_000, "b": 1_900_000_000}),
        # As a person writes it.
        ("a\r\n  b  \n", {"a": NEVER, "b": NEVER}),
        ("an id of words 17\n", {"an id of words": 17}),
        ("1800000000", {"1800000000": NEVER}),
        ("a 1800000000000000000", {"a 1800000000000000000": NEVER}),
        ("\ufffd\x00", {"\ufffd\x00": NEVER}),
    ],
)
def test_text_is_read(text: str, revoked: dict[str, int]) -> None:
    assert read_revocations(text) == revoked


@pytest.mark.parametrize("token_id", ["a", "an id 17", "ключ", "1800000000", "a" * 256])
def test_what_is_revoked_is_read_again(token_id: str) -> None:
    for expires_at in (None, 1_800_000_000):
        assert read_revocations(revoke("", token_id, expires_at, 0)) == {token_id: expires_at or NEVER}


def test_tokens_that_have_expired_are_forgotten() -> None:
    text = revoke("old 100\nlasting 300\nalways\n", "new", 400, now=200)
    assert read_revocations(text) == {"lasting": 300, "always": NEVER, "new": 400}


@pytest.mark.parametrize("token_id", ["", " a", "a ", "a\nb", "a\tb", "\x1b[31m", "a" * 257, 7, None])
def test_what_cannot_be_an_id_is_not_revoked(token_id: object) -> None:
    assert not is_token_id(token_id)
    if isinstance(token_id, str):
        with pytest.raises(ValueError, match="printable text"):
            revoke("", token_id, None, 0)


def test_more_than_a_secret_holds_is_refused() -> None:
    text = "".join(f"{number:0255} {NEVER}\n" for number in range(MAX_TEXT_LENGTH // 300))
    assert read_revocations(revoke(text, "one more", None, 0))
    with pytest.raises(ValueError, match="replace the key"):
        revoke(text * 1 + "".join(f"x{number:0254} {NEVER}\n" for number in range(500)), "one more", None, 0)
