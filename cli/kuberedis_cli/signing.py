"""What is needed to sign and to check tokens of an instance, wherever it is kept."""

from dataclasses import dataclass

from kuberedis_core.credentials import InstanceKey


@dataclass(frozen=True)
class Signing:
    """Keys and terms of an instance.

    Args:
        keys: Its key and, during a rotation, the previous one after it.
        max_token_seconds: The longest that a token may be valid, if there is a maximum and it is known.
        revoked: The ids of revoked tokens, as `kuberedis_core.revocations` reads them.
    """

    keys: tuple[InstanceKey, ...]
    max_token_seconds: int | None = None
    revoked: str = ""
