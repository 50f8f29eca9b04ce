"""A real Redis or Valkey server: on loopback, with a password and an append-only file."""

import secrets
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import redis

from tests.harness.ports import free_port
from tests.harness.waiting import wait_until


@dataclass
class RedisServer:
    """One server process; `restart` starts it again with the same port, socket and data.

    `settings` is the text of a redis.conf, of which address, folder and password are replaced; `prefix` is what its command begins with.
    """

    binary: Path
    folder: Path
    settings: str = 'appendonly yes\nappendfsync everysec\nsave ""\ndatabases 1\n'
    prefix: Sequence[str] = ()
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=secrets.token_hex, repr=False)
    _process: subprocess.Popen[bytes] | None = None
    _clients: list[redis.Redis] = field(default_factory=list)

    @property
    def url(self) -> str:
        """TCP URL of the server, without the password."""
        return f"redis://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        """URL of its Unix socket."""
        return f"unix://{self.folder}/redis.sock"

    @property
    def password_file(self) -> Path:
        """The file that holds the default user's password."""
        return self.folder / "password"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running server, or the last one that ran."""
        assert self._process is not None, "the server was never started"
        return self._process

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self.process.pid

    def start(self, *, wait: bool = True) -> None:
        """Start the server; with `wait`, return once it answers, its data loaded."""
        self.password_file.write_text(f"{self.password}\n")
        configuration = self.folder / "redis.conf"
        configuration.write_text(
            f"{self.settings}bind 127.0.0.1\nport {self.port}\nunixsocket {self.folder}/redis.sock\ndir {self.folder}\n"
            f"logfile {self.folder}/redis.log\nrequirepass {self.password}\n"
        )
        self._process = subprocess.Popen([*self.prefix, self.binary, configuration])
        if wait:
            wait_until(self._answers, what=f"{self.binary.name} on port {self.port}")

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"the server ended:\n{(self.folder / 'redis.log').read_text()}")
        with redis.Redis(port=self.port, password=self.password) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    def client(self) -> redis.Redis:
        """A redis-py client, logged in as the default user; it is closed when the server stops."""
        client = redis.Redis(port=self.port, password=self.password)
        self._clients.append(client)
        return client

    def kill(self) -> None:
        """Kill the server with SIGKILL, as a crash would."""
        self.process.kill()
        self.process.wait()

    def restart(self, *, wait: bool = True) -> None:
        """Start the server again after `kill`, over the same data."""
        self.start(wait=wait)

    def stop_signal(self) -> None:
        """Freeze the server with SIGSTOP: it keeps its connections and sends no replies."""
        self.process.send_signal(signal.SIGSTOP)

    def continue_signal(self) -> None:
        """Resume a frozen server."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Kill the server, frozen or not, and close its clients."""
        for client in self._clients:
            client.close()
        if self.process.poll() is None:
            self.kill()
