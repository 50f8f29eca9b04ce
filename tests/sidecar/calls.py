"""One HTTP request exactly as written: no client in between that would tidy its path, headers or body."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.harness.sidecar import Sidecar

TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in any letter case) and body of a response."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        """The body as JSON; every JSON answer must say that it is."""
        assert self.headers.get_content_type() == "application/json", (self.headers.items(), self.body)
        return json.loads(self.body)

    def error(self) -> str:
        """The text of an answer that contains an error and nothing else."""
        body = self.json()
        assert list(body) == ["error"], body
        assert isinstance(body["error"], str)
        return body["error"]


@dataclass(frozen=True)
class Caller:
    """Calls a sidecar, a connection for each request."""

    sidecar: Sidecar

    def __call__(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        authorized: bool = True,
    ) -> Answer:
        """Send a request with the instance key (unless not `authorized`) to the raw `path` below the base path."""
        credential = {"Authorization": f"Bearer {self.sidecar.api_key}"} if authorized else {}
        return self.at(method, self.sidecar.base_path + path, body, {**credential, **(headers or {})})

    def at(self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request to any target, with these headers only."""
        connection = http.client.HTTPConnection(self.sidecar.address, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, target, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def command(self, *row: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """Send one command as a JSON array."""
        return self("POST", "/", json.dumps(row).encode(), headers)

    def batch(self, path: str, *rows: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """Send several commands to `/pipeline` or `/multi-exec`."""
        return self("POST", path, json.dumps(rows).encode(), headers)


def segment(data: bytes) -> str:
    """Any bytes as one segment of a path."""
    return quote(data, safe="")
