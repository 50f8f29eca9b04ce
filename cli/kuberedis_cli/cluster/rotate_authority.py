"""`kuberedis rotate --ca`: request a new certificate authority from the operator, and wait until no member trusts the old one.

The request is an annotation of the instance, so that it holds when this command ends, and when the operator is not running.
"""

from datetime import UTC, datetime

from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.instances import Instances
from kuberedis_cli.cluster.pod import member_names
from kuberedis_cli.cluster.waiting import wait_until
from kuberedis_cli.errors import ClusterError
from kuberedis_cli.output.console import Progress
from kuberedis_core.body import Body
from kuberedis_core.crd.names import ROTATE_CA
from kuberedis_core.one_line import one_line

_DONE = ("Complete", "Ignored")


def rotate_authority(cluster: Cluster, name: str, limit_seconds: int, progress: Progress) -> None:
    """Replace the certificate authority of the instance `name`.

    Args:
        cluster: Cluster and namespace of the instance.
        name: Name of the instance.
        limit_seconds: Longest time to wait until all members have changed to it.
        progress: Output of the command.

    Raises:
        ClusterError: There is no new authority, or not all members use it yet; the text says why.
    """
    instances = Instances(cluster)
    instance = instances.get(name)
    if len(member_names(instance)) == 1:
        raise ClusterError(f"{name} has one member, and so no certificates; set spec.replicas to 3 for several members")
    if instance["spec"].get("paused"):
        raise ClusterError(f"{name} is paused, so the operator leaves its certificates alone; set spec.paused to false first")
    request = datetime.now(UTC).isoformat()
    instances.annotate(name, {ROTATE_CA: request})
    with progress.waiting_for(f"all members of {name} to use the new certificate authority"):
        phase = wait_until(lambda: finished(instances.get(name), request), limit_seconds)
    if phase is None:
        raise ClusterError(unfinished(instances.get(name), request, limit_seconds))
    if phase == "Ignored":
        mode = instance["spec"].get("tls", {}).get("mode")
        raise ClusterError(
            f"{name} has certificates of spec.tls.mode {mode}, whose authority is not the operator's; replace it at its source"
        )
    expires = instances.get(name)["status"]["tls"].get("caNotAfter")
    progress.report(
        "rotated",
        f"every member of {name} uses the new certificate authority, which is valid until {expires}; the old one is dropped now",
        instance=name,
        namespace=cluster.namespace,
        request=request,
        expires=expires,
    )


def finished(instance: Body, request: str) -> str | None:
    """How a request ended, `Complete` or `Ignored`; None while it has not."""
    rotation = instance.get("status", {}).get("tls", {}).get("rotation", {})
    phase: str | None = rotation.get("phase")
    return phase if rotation.get("request") == request and phase in _DONE else None


def unfinished(instance: Body, request: str, limit_seconds: int) -> str:
    """Why a request has not ended."""
    status = instance.get("status", {})
    name = instance["metadata"]["name"]
    if status.get("tls", {}).get("rotation", {}).get("request") != request:
        return (
            f"{name} has no new certificate authority after {limit_seconds} s; is the operator running? The request stays, and it is"
            f" carried out when the operator sees it"
        )
    told = next((each["message"] for each in status.get("conditions", ()) if each["type"] == "TLSReady"), "")
    return f"not all members of {name} use the new certificate authority after {limit_seconds} s: {one_line(told)}; it goes on by itself"
