"""A terminal in which a command runs, with its output and its keys."""

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import termios
import threading
from pathlib import Path

SETSID = shutil.which("setsid") or "setsid"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A command in a pseudo-terminal of its own, wide enough that nothing wraps."""

    def __init__(self, command: list[str], cwd: Path, columns: int = 200) -> None:
        self._screen, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        # readline, once imported, says there how large the terminal of the tests is.
        inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            [SETSID, "--ctty", "--wait", *command],
            cwd=cwd,
            env={**inherited, "TERM": "xterm"},
            stdin=side,
            stdout=side,
            stderr=side,
        )
        os.close(side)
        self._written = b""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def text(self) -> str:
        """All that was written so far, without colours and movements of the cursor."""
        return _CONTROL.sub("", self._written.decode(errors="replace")).replace("\r", "")

    def press(self, keys: str) -> None:
        """Type on the keyboard; "\\x03" is Ctrl-C."""
        os.write(self._screen, keys.encode())

    def end(self) -> None:
        """End the command, should it still run."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        os.close(self._screen)

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._screen, 65536)
            except OSError:  # EIO: every process has closed its side
                return
            if not chunk:
                return
            self._written += chunk
