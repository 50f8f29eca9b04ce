"""A process that a test makes fail."""

import signal
import subprocess
from dataclasses import dataclass


@dataclass(eq=False)
class Process:
    """A server that can fail in every way that a process can."""

    command: list[str]
    _process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the running server, or the last one that ran."""
        assert self._process is not None, "it was never started"
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process exists; it may be frozen."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, and do not wait until it answers."""
        assert not self.running
        self._process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        """Kill it with SIGKILL, frozen or not."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def terminate(self) -> None:
        """End it with SIGTERM."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)

    def stop_signal(self) -> None:
        """Freeze it: it keeps its connections and sends no replies."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def continue_signal(self) -> None:
        """Resume a frozen one."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)
