"""The `kuberedis` command as a user starts it: a process of its own, watched from outside."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.harness.waiting import wait_until

COMMAND = (sys.executable, "-m", "kuberedis_cli")
LIMIT_SECONDS = 60.0


def kuberedis(*arguments: str, cwd: Path, stdin: str = "", env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        input=stdin,
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


class RunningLocal:
    """A `kuberedis local` that writes its events as lines of JSON."""

    def __init__(self, arguments: tuple[str, ...], cwd: Path, env: dict[str, str], prefix: tuple[str, ...] = ()) -> None:
        self.process = subprocess.Popen(
            [*prefix, *COMMAND, "local", *arguments],
            cwd=cwd,
            env=os.environ | env,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.events: list[dict[str, Any]] = []
        self._awaited: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._ended = False
        self._clients: list[httpx.Client] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait_for(self, event: str, **members: object) -> dict[str, Any]:
        """The first event of that name, with those members, that no earlier call returned."""

        def matching() -> dict[str, Any] | None:
            expected = {"event": event, **members}
            return next((seen for seen in self._awaited if expected.items() <= seen.items()), None)

        with self._changed:
            self._changed.wait_for(lambda: matching() or self._ended, LIMIT_SECONDS)
            found = matching()
            assert found is not None, f"no {event} {members}; so far: {self.events}"
            self._awaited.remove(found)
        return found

    def ready(self, instance: str) -> httpx.Client:
        """A client of that instance, once it is ready."""
        client = client_of(self.wait_for("ready", instance=instance))
        self._clients.append(client)
        return client

    def servers(self) -> list[int]:
        """Process ids of the Redis servers that it runs."""
        return children_of(self.process.pid)

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send the signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(LIMIT_SECONDS)

    def end(self) -> None:
        """Leave nothing behind, whatever the test did."""
        for client in self._clients:
            client.close()
        self.process.terminate()
        try:
            self.process.wait(LIMIT_SECONDS)
        finally:
            self.process.kill()
            self.process.wait(LIMIT_SECONDS)
            self._reader.join(LIMIT_SECONDS)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                with self._changed:
                    self.events.append(json.loads(line))
                    self._awaited.append(self.events[-1])
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


def client_of(ready: dict[str, Any]) -> httpx.Client:
    """A client with the URL and the key of a `ready` event."""
    return httpx.Client(base_url=ready["url"], headers={"Authorization": f"Bearer {ready['api_key']}"}, trust_env=False)


def redis(client: httpx.Client, *command: str) -> Any:
    """The result of any Redis command."""
    response = client.post("/raw-command", json={"command": command[0], "args": command[1:]})
    assert response.status_code == 200, response.text
    return response.json()["result"]


def info(client: httpx.Client, section: str) -> dict[str, str]:
    """The fields of a section of INFO."""
    return dict(line.split(":", 1) for line in redis(client, "INFO", section).splitlines() if ":" in line)


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; past the limit the test fails."""
    wait_until(condition, limit_seconds=LIMIT_SECONDS)


def children_of(pid: int) -> list[int]:
    """Process ids of the living children of a process."""
    return [child for child in _pids() if _stat(child)[1] == pid and not gone(child)]


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for yet counts as ended."""
    return _stat(pid)[0] in ("Z", "X")


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> tuple[str, int]:
    """State and parent of a process (proc(5)); X and 0 when there is none."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return "X", 0
    return state, int(parent)
