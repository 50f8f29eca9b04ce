"""The users of Redis and Sentinel, as rules of ACL SETUSER; these hold hashes in place of passwords.

The default user is the administrator. Several members have two more in Redis, whose password is that of the Secret NAME-replication. That
is also the password of a Sentinel's own default user, whom the other Sentinels and the sidecars log in as. Users of grants are the
sidecar's.

Sources: https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/#acl-rules-for-sentinel-and-replicas,
https://redis.io/docs/latest/commands/acl-setuser/
"""

from __future__ import annotations

from collections.abc import Iterable

from kuberedis_core.credentials import default_user_rules

ADMINISTRATOR = "default"
REPLICATION_USER = "repl"
"""Whom a replica logs in as at the primary: `masteruser`."""
SENTINEL_USER = "sentinel"
"""Whom a Sentinel logs in as at a Redis: `SENTINEL SET … auth-user`."""

# Sentinels send SLAVEOF; CONFIG REWRITE is in the same transaction, and may fail there, but not be forbidden.
_MAY = {
    REPLICATION_USER: "-@all +psync +replconf +ping",
    SENTINEL_USER: (
        "allchannels -@all +multi +exec +slaveof +replicaof +ping +info +role +publish +subscribe +config|rewrite"
        " +client|setname +client|kill +script|kill"
    ),
}


def replication_users(passwords: Iterable[str]) -> dict[str, list[str]]:
    """Rules of Redis' users of the members, by name of the user.

    Args:
        passwords: every valid password.
    """
    secrets = default_user_rules(passwords)
    return {name: ["on", *secrets, *may.split()] for name, may in _MAY.items()}


def default_user(passwords: Iterable[str]) -> list[str]:
    """Rules of the default user, who may do everything.

    Args:
        passwords: every valid password.
    """
    return ["on", *default_user_rules(passwords), "~*", "&*", "+@all"]


def user_line(name: str, rules: Iterable[str]) -> str:
    """A user with these rules as a line of a configuration file."""
    return f"user {name} {' '.join(rules)}\n"
