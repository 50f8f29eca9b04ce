"""Starts a program that cannot outlive the process that wanted it, even when that one is killed with SIGKILL.

The guard is this file, run as a script by path: it imports nothing of its package, to start in a few milliseconds. It
ties the program to its parent in one of two ways. On Linux the kernel can end it with its parent (prctl(2),
PR_SET_PDEATHSIG), and the guard turns into the program. Elsewhere, and where the parent is a thread that may end early,
the guard stays beside the program, and ends it when standard input, a pipe from the parent, closes.
"""

import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def guarded(command: Sequence[str]) -> list[str]:
    """`command` tied to this process as tightly as the system can; to be run with a pipe as standard input.

    On Linux only to be run from a thread that lasts as long as the process.
    """
    return [*_SCRIPT, str(os.getpid()), *command] if sys.platform == "linux" else guarded_by_pipe(command)


def guarded_by_pipe(command: Sequence[str]) -> list[str]:
    """`command` tied to the pipe that it is run with as standard input."""
    return [*_SCRIPT, "pipe", *command]


_SCRIPT = (sys.executable, "-I", "-S", __file__)


def _become(command: list[str], parent: int) -> None:
    import ctypes

    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        sys.exit("the parent ended before the program began")
    os.execv(command[0], command)  # noqa: S606 no shell is wanted


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
