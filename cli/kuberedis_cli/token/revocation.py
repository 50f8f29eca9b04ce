"""`kuberedis token revoke`: which id stands for a token, and whether revoking it does anything."""

import time

from kuberedis_cli.errors import CommandError, UsageError
from kuberedis_cli.token import report
from kuberedis_cli.token.key_source import KeySource
from kuberedis_core.crd.names import check_name
from kuberedis_core.credentials import Token


def revoke_token(text: str, instance: str | None, source: KeySource) -> str:
    """Revoke a token.

    Args:
        text: The token, or its id.
        instance: Name of the instance; None for the one that the token names.
        source: Where its keys are.

    Returns:
        A sentence about what was done.

    Raises:
        CommandError: It cannot be revoked, or need not be.
        ValueError: The id is none.
    """
    token = text.removeprefix("Bearer ")
    token_id, expires_at = text, None
    if token.count(".") == 2 and token.startswith("ey"):
        claims = report.claims_of(Token(token))
        instance = instance or str(claims.get("aud", ""))
        token_id, expires_at = _checked(Token(token), check_name(instance), source)
    elif instance is None:
        raise UsageError("an id of a token does not say whose it is; name the instance with --instance")
    source.revoke(check_name(instance), token_id, expires_at, time.time())
    return f"revoked {token_id} of {instance}; requests, streams and waits with it end within seconds"


def _checked(token: Token, instance: str, source: KeySource) -> tuple[str, int]:
    """The id of a token that the instance accepts, and when it expires: a forged one must not revoke the id of another."""
    found = report.make(token, source.signing_of(instance), instance)
    if found.problems:
        raise CommandError(f"{instance} refuses this token already: {'; '.join(found.problems)}")
    if "jti" not in found.claims:
        raise CommandError("the token has no id (jti), so it cannot be revoked alone; replace the key, which revokes all tokens")
    return str(found.claims["jti"]), int(found.claims["exp"]) + 1
