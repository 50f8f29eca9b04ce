"""A Redis over HTTP that lasts as long as a `with` block, for tests and scripts without pytest.

It is a real `kuberedis local` on a free port that keeps nothing, in a process of its own.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from typing import IO
from urllib.parse import urlsplit

from kuberedis_cli.child_process import tied_to_pipe

START_SECONDS = 30.0

_COMMAND = (sys.executable, "-m", "kuberedis_cli", "local", "--ephemeral", "--port", "0", "--output", "json")


@dataclass(frozen=True)
class HttpRedis:
    """The address and the key of a Redis over HTTP.

    `url` is what an Upstash client takes as its URL, and the base of `/keys/…`, `/hashes/…` and `/raw-command`; `token`
    is the instance's key, for `Authorization: Bearer`.
    """

    url: str
    token: str

    def clear(self) -> None:
        """Delete all keys. Raises OSError when the server is gone."""
        parts = urlsplit(self.url)
        with closing(HTTPConnection(parts.netloc, timeout=START_SECONDS)) as connection:
            connection.request("POST", parts.path, b'["FLUSHALL"]', {"Authorization": f"Bearer {self.token}"})
            response = connection.getresponse()
            if response.status != HTTPStatus.OK:
                raise OSError(f"the server did not delete its keys: {response.status} {response.read()!r}")


@contextmanager
def local_redis() -> Iterator[HttpRedis]:
    """Run an empty Redis over HTTP on a free port of this machine while the context lasts.

    It ends with this process too, when that is killed.

    Raises:
        RuntimeError: It is not ready within START_SECONDS; the text has its messages.
    """
    with subprocess.Popen(
        tied_to_pipe(_COMMAND),
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


def _ready(process: subprocess.Popen[str], lines: IO[str]) -> HttpRedis:
    limit = threading.Timer(START_SECONDS, process.terminate)
    limit.start()
    messages = []
    try:
        for line in lines:
            event = json.loads(line)
            if event["event"] == "ready":
                threading.Thread(target=lines.read, daemon=True).start()  # an unread pipe would fill up and stall it
                return HttpRedis(event["url"], event["api_key"])
            messages.append(event.get("message", line))
    finally:
        limit.cancel()
    raise RuntimeError(f"kuberedis local did not start: {'; '.join(messages) or f'nothing was ready within {START_SECONDS:.0f} s'}")
