"""The tokens of an instance that were revoked before they expired, as text: a file beside the instance's key.

Each line is the id of a token (its claim `jti`, RFC 7519, section 4.1.7) and the second since 1970 at which the token expires anyway, so
that the line can go; without that it stays. Nothing here but text to values and back.
"""

from __future__ import annotations

MAX_ID_LENGTH = 256

MAX_TEXT_LENGTH = 512 * 1024
"""Half of what a Secret can hold (https://kubernetes.io/docs/concepts/configuration/secret/#restriction-data-size)."""

_NEVER = 999_999_999_999
_MAX_DIGITS = len(str(_NEVER))


def is_token_id(text: object) -> bool:
    """Whether `text` can be the id of a token, and so be revoked: printable text on one line."""
    return isinstance(text, str) and 0 < len(text) <= MAX_ID_LENGTH and text.isprintable() and text == text.strip()


def read_revocations(text: str) -> dict[str, int]:
    """The revoked ids, each with the second at which its token expires."""
    revoked = {}
    for line in filter(None, map(str.strip, text.split("\n"))):
        token_id, _, expires_at = line.rpartition(" ")
        if token_id and expires_at.isascii() and expires_at.isdecimal() and len(expires_at) <= _MAX_DIGITS:
            revoked[token_id.rstrip()] = int(expires_at)
        else:
            revoked[line] = _NEVER
    return revoked


def revoke(text: str, token_id: str, expires_at: int | None, now: float) -> str:
    """The text with one more id, and without those whose tokens have expired.

    Args:
        text: The text before.
        token_id: The id of the token.
        expires_at: The second at which it expires; None if that is not known.
        now: Current time, in seconds since 1970.

    Raises:
        ValueError: The id cannot be that of a token, or there are too many; the text says what to do.
    """
    if not is_token_id(token_id):
        raise ValueError(f"the id of a token (jti) is printable text of 1 to {MAX_ID_LENGTH} characters")
    revoked = {known: expiry for known, expiry in read_revocations(text).items() if expiry > now}
    revoked[token_id] = _NEVER if expires_at is None else expires_at
    # Always with an expiry, because an id may itself end like one.
    after = "".join(f"{known} {expiry}\n" for known, expiry in revoked.items())
    if len(after.encode()) > MAX_TEXT_LENGTH:
        raise ValueError("too many tokens are revoked to keep their ids; replace the key instead, which revokes all of them")
    return after
