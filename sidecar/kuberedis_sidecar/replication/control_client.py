"""`kuberedis-sidecar pre-stop`, `prefer` and `switchover`: short-lived clients of the running sidecar's control socket.

The kubelet and the command line run them inside of the container, where every tenth of a second delays the end of a pod: nothing here
imports the gateway, an event loop or a library.
"""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from kuberedis_core import sidecar_environment as env
from kuberedis_core.member_control import MARK_NAME, MAX_LINE_BYTES, SOCKET_NAME, ControlReply, ControlRequest, dump, load_reply

_REPLY_SECONDS = 20.0
"""Longer than any request takes, and less than what the pod has to end."""


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Carry out a subcommand, and print the reply as one line of JSON.

    Args:
        arguments: The command line, without the name of the program.
        environ: The process environment.

    Returns:
        The exit code: 0 when it was done, 1 when it was not, 2 for a command line that is wrong.
    """
    request = _parse(arguments)
    run_dir = environ.get(env.RUN_DIR)
    if run_dir is None:
        reply = ControlReply(False, "this instance has one member, so that there is none to take its place", "one-member")
    else:
        reply = _ask(Path(run_dir), request)
    sys.stdout.write(dump(reply).decode())
    return 0 if reply.ok else 1


def _parse(arguments: Sequence[str]) -> ControlRequest:
    parser = argparse.ArgumentParser("kuberedis-sidecar", description="Without a command: serve the gateway of one instance.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    verbs.add_parser("pre-stop", help="before the pod ends: hand the role of the primary over, and wait until no more requests come")
    verbs.add_parser("prefer", help="have the Sentinels prefer this member in the next switchover")
    switchover = verbs.add_parser("switchover", help="hand the role of the primary over to another member")
    switchover.add_argument("--to", metavar="NAME", help="to this one, which has to be preferred")
    parsed = parser.parse_args(arguments)
    return ControlRequest(parsed.verb, getattr(parsed, "to", None))


def _ask(run_dir: Path, request: ControlRequest) -> ControlReply:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_REPLY_SECONDS)
            connection.connect(str(run_dir / SOCKET_NAME))
            connection.sendall(dump(request))
            with connection.makefile("rb") as lines:
                return load_reply(lines.readline(MAX_LINE_BYTES))
    except (OSError, ValueError) as error:
        if request.verb == "pre-stop":
            # Nobody is there to hand the role over, and Redis and Sentinel wait for it no longer.
            with suppress(OSError):
                (run_dir / MARK_NAME).unlink()
        problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return ControlReply(False, f"the sidecar does not answer: {problem}", "no-answer")
