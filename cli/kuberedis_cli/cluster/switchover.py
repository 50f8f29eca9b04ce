"""`kuberedis switchover`: have the primary of an instance hand its role to another member, without a failed request.

The sidecar of the primary does it, on behalf of a command in its container. With a wanted member, that one asks the Sentinels for their
preference first.
"""

from kuberedis_cli.cluster import member_commands
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.instances import Instances
from kuberedis_cli.cluster.pod import member_names
from kuberedis_cli.errors import ClusterError
from kuberedis_cli.output.console import Progress
from kuberedis_core.member_control import ControlReply
from kuberedis_core.one_line import one_line

_ADVICE = {
    "one-member": "set spec.replicas to 3, and wait until the instance is ready",
    "no-quorum": "`kuberedis status {name}` shows which member is down",
    "not-in-sync": "try again when `kuberedis status {name}` shows it in sync",
    "failover-in-progress": "try again when it is over",
    "redis-unavailable": "`kuberedis status {name}` shows more",
    "no-promotion": "the primary is the same as before; `kuberedis status {name}` shows more",
}
"""What to do, by the reason for which there was no switchover."""


def switchover(cluster: Cluster, name: str, to: str | None, progress: Progress) -> None:
    """Make another member the primary of the instance `name`.

    Args:
        cluster: Cluster and namespace of the instance.
        name: Name of the instance.
        to: Name of the member that shall be the primary; None for any.
        progress: Output of the command.

    Raises:
        ClusterError: There is no new primary; the text says why.
    """
    instance = Instances(cluster).get(name)
    members = member_names(instance)
    if len(members) == 1:
        raise ClusterError(f"{name} has one member, so that there is none to take its place; {_ADVICE['one-member']}")
    if to is not None and to not in members:
        raise ClusterError(f"{to} is no member of {name}; its members are {', '.join(members)}")
    primary = instance.get("status", {}).get("primary")
    if primary not in members:
        raise ClusterError(f"it is not known which member of {name} is the primary; `kuberedis status {name}` shows more")
    if to is not None:
        with progress.waiting_for(f"the Sentinels to prefer {to}"):
            _checked(name, member_commands.run(cluster, to, "prefer"))
    reply = _hand_over(cluster, primary, to)
    if reply.reason == "not-primary" and reply.primary in members and reply.primary != primary:
        # The operator has not seen yet that it is another one.
        primary = reply.primary
        reply = _hand_over(cluster, primary, to)
    _checked(name, reply)
    progress.report(
        "switched-over",
        f"{reply.primary} is the primary of {name}; writes waited for {reply.seconds or 0:.2f} s",
        instance=name,
        namespace=cluster.namespace,
        previous_primary=primary,
        primary=reply.primary,
        seconds=reply.seconds,
    )


def _hand_over(cluster: Cluster, primary: str, to: str | None) -> ControlReply:
    return member_commands.run(cluster, primary, "switchover", *(() if to is None else ("--to", to)))


def _checked(name: str, reply: ControlReply) -> None:
    """Raise a `ClusterError` unless it was done."""
    if not reply.ok:
        advice = _ADVICE.get(reply.reason)
        raise ClusterError(one_line(reply.message) + (f"; {advice.format(name=name)}" if advice else ""))
