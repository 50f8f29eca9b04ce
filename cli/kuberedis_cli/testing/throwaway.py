"""A Redis over HTTP that lasts as long as a `with` block, for tests and scripts without pytest.

It is a real `kuberedis local` on a free port that keeps nothing, in a process of its own.
"""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import IO, Literal
from urllib.parse import urlsplit

from kuberedis_cli.child_process import tied_to_pipe
from kuberedis_core.crd.kind import API_VERSION, KIND

START_SECONDS = 30.0

_COMMAND = (sys.executable, "-m", "kuberedis_cli", "local", "--port", "0", "--output", "json")
_NAME = "local"


@dataclass(frozen=True)
class HttpRedis:
    """The address and the key of a Redis over HTTP.

    `url` is what an Upstash client takes as its URL, and the base of `/keys/…`, `/hashes/…` and `/raw-command`; `token`
    is the instance's key, for `Authorization: Bearer`.
    """

    url: str
    token: str
    _data_folder: Path | None = field(default=None, repr=False)
    """Data folder of its command; None with one member."""

    def clear(self) -> None:
        """Delete all keys. Raises OSError when the server is gone."""
        parts = urlsplit(self.url)
        with closing(HTTPConnection(parts.netloc, timeout=START_SECONDS)) as connection:
            connection.request("POST", parts.path, b'["FLUSHALL"]', {"Authorization": f"Bearer {self.token}"})
            response = connection.getresponse()
            if response.status != HTTPStatus.OK:
                raise OSError(f"the server did not delete its keys: {response.status} {response.read()!r}")

    def fail_over(self, *, kill: bool = False) -> str:
        """Have another of three members become the primary, and return its name.

        Args:
            kill: Kill the primary's server, in place of a planned switchover: requests that are being carried out fail with 503.

        Raises:
            RuntimeError: There is no other primary, or only one member; the text says why.
        """
        from kuberedis_cli.errors import CommandError
        from kuberedis_cli.local.request_failover import failed_over

        if self._data_folder is None:
            raise RuntimeError("this Redis has one member, so that none can take its place; ask for replicas=3")
        try:
            return failed_over(self._data_folder, _NAME, kill=kill).primary or ""
        except CommandError as error:
            raise RuntimeError(str(error)) from None


@contextmanager
def local_redis(replicas: Literal[1, 3] = 1) -> Iterator[HttpRedis]:
    """Run an empty Redis over HTTP on a free port of this machine while the context lasts.

    It ends with this process too, when that is killed.

    Args:
        replicas: Number of its members; 3 for one that can fail over.

    Raises:
        RuntimeError: It is not ready within START_SECONDS; the text has its messages.
    """
    if replicas == 1:
        with _running(["--ephemeral"]) as (url, token):
            yield HttpRedis(url, token)
        return
    with tempfile.TemporaryDirectory(prefix="kuberedis-test-") as folder:
        manifest, data_folder = Path(folder, "instance.json"), Path(folder, "data")
        spec = {"capacity": "1Gi", "persistence": "none", "replicas": replicas}
        instance = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": _NAME}, "spec": spec}
        manifest.write_text(json.dumps(instance), encoding="utf-8")
        with _running(["--data-dir", str(data_folder), str(manifest)]) as (url, token):
            yield HttpRedis(url, token, data_folder)


@contextmanager
def _running(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """URL and key of the instance of a `kuberedis local` with these arguments."""
    with subprocess.Popen(
        tied_to_pipe([*_COMMAND, *arguments]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        assert process.stdin is not None  # noqa: S101 both are pipes, which the types do not express
        assert process.stdout is not None  # noqa: S101
        try:
            yield _ready(process, process.stdout)
        finally:
            process.stdin.close()
            process.wait()


def _ready(process: subprocess.Popen[str], lines: IO[str]) -> tuple[str, str]:
    limit = threading.Timer(START_SECONDS, process.terminate)
    limit.start()
    messages = []
    try:
        for line in lines:
            event = json.loads(line)
            if event["event"] == "ready":
                threading.Thread(target=lines.read, daemon=True).start()  # an unread pipe would fill up and stall it
                return event["url"], event["api_key"]
            messages.append(event.get("message", line))
    finally:
        limit.cancel()
    raise RuntimeError(f"kuberedis local did not start: {'; '.join(messages) or f'nothing was ready within {START_SECONDS:.0f} s'}")
