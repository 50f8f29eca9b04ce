"""A running instance as the object that a cluster would have of it, for the pages that both show. Pure."""

from __future__ import annotations

from collections.abc import Collection

from kuberedis_cli.local.status import MemberStatus, Status
from kuberedis_core.body import Body
from kuberedis_core.crd.spec import InstanceSpec
from kuberedis_core.quantities import format_bytes

NAMESPACE = "local"
"""Stands for this machine, where instances have none."""

_MESSAGES = {
    "starting": "its Redis starts",
    "down": "its Redis has ended, or does not start; `kuberedis local` says why, and tries again",
    "no primary": "none of its members is the primary",
}


def instance_object(
    spec: InstanceSpec, status: Status, problems: Collection[str], max_token_seconds: int | None, cors_origins: Collection[str]
) -> Body:
    """The object of an instance, with what pages show and no more.

    Args:
        spec: what it runs with.
        status: how it is.
        problems: what its server refuses of the spec.
        max_token_seconds: the longest that a token may be valid; None for any time.
        cors_origins: origins whose web pages may call it.
    """
    return {
        "metadata": {"namespace": NAMESPACE, "name": status.instance},
        "spec": {
            "capacity": format_bytes(spec.capacity),
            "maxmemory": format_bytes(spec.maxmemory),
            "evictionPolicy": spec.eviction_policy,
            "persistence": spec.persistence,
            "replicas": spec.replicas,
            "limits": {"maxTokenSeconds": max_token_seconds, "corsOrigins": sorted(cors_origins)},
        },
        "status": {
            "url": status.url,
            "primary": next((member.name for member in status.members if member.state == "primary"), None),
            "inSyncReplicas": sum(map(_in_sync, status.members)),
            "members": [{"name": each.name, "role": _role(each), "inSync": _in_sync(each)} for each in status.members],
            "conditions": [
                {"type": "Ready", "status": "True" if status.state == "ready" else "False", "message": _MESSAGES.get(status.state, "")},
                {"type": "Progressing", "status": "True" if status.state == "starting" else "False"},
                {"type": "Degraded", "status": "True" if problems else "False", "message": "; ".join(problems)},
            ],
        },
    }


def _in_sync(member: MemberStatus) -> bool:
    return member.state in ("primary", "in sync")


def _role(member: MemberStatus) -> str:
    return {"primary": "primary", "down": "unknown"}.get(member.state, "replica")
