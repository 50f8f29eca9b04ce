"""Starts a program that cannot outlive the process that started it, even when that one is killed with SIGKILL.

The launcher is this file, run as a script by path: it imports nothing of its package, to start in a few milliseconds. It
ties the program to its parent in one of two ways. On Linux the kernel can end it with its parent (prctl(2),
PR_SET_PDEATHSIG), and the launcher turns into the program. Elsewhere, and where the parent is a thread that may end early,
the launcher stays beside the program, and ends it when standard input, a pipe from the parent, closes.
"""

import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def tied_to_parent(command: Sequence[str]) -> list[str]:
    """The command line that runs `command` tied to this process, as tightly as the system can. It needs a pipe as standard input.

    On Linux the thread that starts it has to last as long as the process.
    """
    return [*_SCRIPT, str(os.getpid()), *command] if sys.platform == "linux" else tied_to_pipe(command)


def tied_to_pipe(command: Sequence[str]) -> list[str]:
    """The command line that runs `command` until its standard input, a pipe, closes."""
    return [*_SCRIPT, "pipe", *command]


_SCRIPT = (sys.executable, "-I", "-S", __file__)


def _become(command: list[str], parent: int) -> None:
    import ctypes

    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        sys.exit("the parent ended before the program began")
    os.execv(command[0], command)  # noqa: S606 there is no shell


def _stand_by(command: Sequence[str]) -> int:
    import subprocess
    import threading

    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, close_fds=False)
    signal.signal(signal.SIGTERM, lambda *_: program.terminate())

    def end_with_parent() -> None:
        sys.stdin.buffer.read()
        program.terminate()

    threading.Thread(target=end_with_parent, daemon=True).start()
    return program.wait()


if __name__ == "__main__":
    _, tie, *program = sys.argv
    if tie == "pipe":
        sys.exit(_stand_by(program))
    _become(program, int(tie))
