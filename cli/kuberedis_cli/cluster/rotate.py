"""`kuberedis rotate`: request a new key from the operator, and wait until there is one.

The request is an annotation of the instance, so that it holds when this command ends, and when the operator is not running.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.instances import Instances
from kuberedis_cli.cluster.waiting import wait_until
from kuberedis_cli.errors import ClusterError
from kuberedis_cli.output.console import Progress
from kuberedis_core.ages import brief
from kuberedis_core.body import Body
from kuberedis_core.crd.names import ROTATE_KEY, ROTATE_KEY_GRACE, secret_name
from kuberedis_core.timestamps import parse_time

_ROUND = timedelta(seconds=10)
"""Half an hour is still shown as half an hour when the request took a second."""


@dataclass(frozen=True)
class Rotation:
    """`status.keyRotation` of an instance; without an expiry the old key is no longer valid."""

    request: str
    rotated_at: str
    previous_key_expires_at: str | None


def rotate(cluster: Cluster, name: str, grace_seconds: int | None, limit_seconds: int, progress: Progress) -> None:
    """Replace the key of the instance `name`.

    Args:
        cluster: Cluster and namespace of the instance.
        name: Name of the instance.
        grace_seconds: Time for which the old key stays valid; None for the operator's default.
        limit_seconds: Longest time to wait for the operator.
        progress: Output of the command.

    Raises:
        ClusterError: There is no new key; the text says why.
    """
    instances = Instances(cluster)
    if instances.get(name)["spec"].get("paused"):
        raise ClusterError(f"{name} is paused, so the operator leaves its key alone; set spec.paused to false first")
    request = datetime.now(UTC).isoformat()
    grace = None if grace_seconds is None else f"{grace_seconds}s"
    instances.annotate(name, {ROTATE_KEY: request, ROTATE_KEY_GRACE: grace})
    with progress.waiting_for(f"the new key of {name}"):
        rotation = wait_until(lambda: handled(instances.get(name), request), limit_seconds)
    if rotation is None:
        raise ClusterError(
            f"{name} has no new key after {limit_seconds} s; is the operator running? The request stays, and it rotates the key when"
            f" it sees it; `kuberedis status {name}` shows more"
        )
    if not rotation.rotated_at:
        raise ClusterError(f"{name} keeps its key: Secret {secret_name(name)} is not the operator's; write a new api_key into it yourself")
    progress.report(
        "rotated",
        f"{name} has a new key; {validity(rotation.previous_key_expires_at, datetime.now(UTC))}",
        instance=name,
        namespace=cluster.namespace,
        request=request,
        rotated_at=rotation.rotated_at,
        previous_key_expires_at=rotation.previous_key_expires_at,
    )


def handled(instance: Body, request: str) -> Rotation | None:
    """The rotation that a request led to; None while the operator has not carried it out."""
    status = instance.get("status", {}).get("keyRotation", {})
    if status.get("request") != request:
        return None
    return Rotation(request, status.get("rotatedAt", ""), status.get("previousKeyExpiresAt"))


def validity(expires_at: str | None, now: datetime) -> str:
    """A clause on how long the old key is valid."""
    moment = parse_time(expires_at)
    if moment is None or moment <= now:
        return "the old one is no longer valid"
    left = math.ceil((moment - now) / _ROUND) * _ROUND
    return f"the old one is valid until {moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, for {brief(left.total_seconds())}"
