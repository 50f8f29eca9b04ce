"""`kuberedis local failover`: asks the running `kuberedis local` to make another member the primary."""

from pathlib import Path

from kuberedis_cli.local.control_socket import FailoverRequest, ask
from kuberedis_cli.local.failover import MOVE_SECONDS, REDUNDANT_SECONDS
from kuberedis_cli.local.running import running
from kuberedis_cli.output.console import Progress
from kuberedis_core.member_control import ControlReply


def request_failover(data_folder: Path, name: str, *, kill: bool, progress: Progress) -> None:
    """Have another member of the instance `name` become the primary.

    Args:
        data_folder: Data folder of the running command.
        name: Name of the instance.
        kill: Whether to kill the primary's server, in place of a planned switchover.
        progress: Output of the command.

    Raises:
        LocalModeError: Nothing runs, or there is no other primary; the text says why.
        DataFolderError: The folder was not made by this user.
    """
    with progress.waiting_for(f"another primary of {name}"):
        reply = failed_over(data_folder, name, kill=kill)
    progress.report(
        "failed-over" if kill else "switched-over",
        f"{reply.primary} is the primary of {name}; writes waited for {reply.seconds or 0:.2f} s",
        instance=name,
        primary=reply.primary,
        seconds=reply.seconds,
    )


def failed_over(data_folder: Path, name: str, *, kill: bool) -> ControlReply:
    """Who is the primary after a failover; arguments and errors are those of `request_failover`."""
    with running(data_folder) as socket:
        return ask(socket, FailoverRequest(name, kill), REDUNDANT_SECONDS + 2 * MOVE_SECONDS)
