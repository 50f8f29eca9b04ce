"""Commands to an instance's Redis over HTTP, one after the other.

Names, arguments and replies are bytes, and none of them is in a URL: a command is in the body of a request, and its reply comes as Redis
writes it (RESP2).
"""

from __future__ import annotations

import json
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import quote, urlsplit

from kuberedis_cli.errors import CommandError, GatewayError
from kuberedis_core.one_line import one_line
from kuberedis_dashboard.redis.replies import ErrorReply, Reply, parse

CONNECT_SECONDS = 5.0
MAX_REPLY_BYTES = 256 * 1024 * 1024
_MAX_ERROR_BYTES = 64 * 1024
_MAX_EVENT_BYTES = 64 * 1024 * 1024
_IDLE_SECONDS = 5.0
"""A connection that was idle for longer may be closed by a proxy at the moment of the next command, whose outcome would not be known."""
_LONGEST_ERROR = 500
_OF_THIS_COMMAND = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
"""Statuses of a refusal that says nothing about the next command."""


class RedisClient:
    """Runs commands on one connection, which is made when it is needed. A command waits for its reply however long it blocks.

    Args:
        url: URL of the instance.
        credential: Gives the key or a valid token.

    Raises:
        GatewayError: The URL is none.
    """

    def __init__(self, url: str, credential: Callable[[], str]) -> None:
        self._url = url
        self._credential = credential
        self._connection, self._path = _connection(url)
        self._used_at = time.monotonic()

    def run(self, command: Sequence[bytes]) -> Reply:
        """The reply to a command, an error of Redis' among them.

        Raises:
            GatewayError: There is no reply: the gateway cannot be reached, or refuses to send the command.
        """
        name, *arguments = command
        encoded = [b64encode(argument).decode() for argument in arguments]
        body = json.dumps({"command": name.decode(errors="replace"), "args": encoded, "encoding": "base64"}).encode()
        headers = {"Content-Type": "application/json", "Upstash-Response-Format": "resp2"}
        response = self._request("POST", f"{self._path}/raw-command", body, headers)
        try:
            data = response.read(MAX_REPLY_BYTES + 1)
        except (OSError, HTTPException) as error:
            raise self._lost(error) from None
        except BaseException:  # Ctrl-C: what follows on this connection would be the rest of this reply
            self.close()
            raise
        self._used_at = time.monotonic()
        if len(data) > MAX_REPLY_BYTES:
            self.close()
            raise GatewayError("the reply is larger than this command reads; ask for less, for example by GETRANGE, LRANGE or SCAN")
        if not _is(response, "application/octet-stream"):
            if response.status in _OF_THIS_COMMAND and (said := _error(data)):
                return ErrorReply(said)
            raise self._refusal(response, data)
        try:
            return parse(data)
        except ValueError as error:
            self.close()
            raise GatewayError(f"{self._url} does not answer as an instance does: {one_line(str(error))}") from None

    def events(self, kind: str, names: Sequence[bytes]) -> Iterator[bytes]:
        """The data of the events of a stream, until it ends.

        Args:
            kind: `subscribe`, `psubscribe` or `monitor`.
            names: Channels or patterns.

        Raises:
            GatewayError: It cannot be opened, or breaks.
        """
        path = "/".join((self._path, kind, *(quote(name, safe="") for name in names)))
        response = self._request("GET", path, None, {"Accept": "text/event-stream"})
        try:
            if not _is(response, "text/event-stream"):
                raise self._refusal(response, response.read(_MAX_ERROR_BYTES))
            is_last = False
            while line := response.readline(_MAX_EVENT_BYTES):
                is_last = is_last or line.rstrip() == b"event: close"
                if not line.startswith(b"data: "):
                    continue
                data = line.removeprefix(b"data: ").rstrip(b"\r\n")
                if is_last:
                    raise GatewayError(f"the stream ended: {one_line(data.decode(errors='replace'))[:_LONGEST_ERROR]}")
                yield data
        except (OSError, HTTPException) as error:
            raise self._lost(error) from None
        finally:
            self.close()

    def close(self) -> None:
        """Close the connection; the next command makes another."""
        self._connection.close()

    def _request(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> HTTPResponse:
        if time.monotonic() - self._used_at > _IDLE_SECONDS:
            self.close()
        try:
            if self._connection.sock is None:
                self._connect()
            self._connection.request(method, path, body, {**headers, "Authorization": f"Bearer {self._credential()}"})
            return self._connection.getresponse()
        except (OSError, HTTPException) as error:
            raise self._lost(error) from None
        except BaseException:
            self.close()
            raise

    def _connect(self) -> None:
        self._connection.connect()
        self._connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._connection.sock.settimeout(None)

    def _lost(self, error: Exception) -> GatewayError:
        self.close()
        cause = getattr(error, "strerror", None) or one_line(str(error)) or type(error).__name__
        return GatewayError(f"{self._url} does not answer: {cause}")

    def _refusal(self, response: HTTPResponse, data: bytes) -> CommandError:
        """The gateway's own errors are JSON; what stands before it has others."""
        self.close()
        if location := response.headers.get("Location"):
            return GatewayError(
                f"{self._url} redirects to {one_line(location)[:_LONGEST_ERROR]}, and a credential is not sent on; use that URL"
            )
        said = _error(data) or f"status {response.status} {response.reason}"
        if response.status == HTTPStatus.UNAUTHORIZED:
            said += "; its key may have been replaced a moment ago: try again in a minute"
        return GatewayError(f"{self._url} refuses: {said.removeprefix('ERR ')}")


def _connection(url: str) -> tuple[HTTPConnection, str]:
    """A connection to the host of a URL, not made yet, and the path."""
    try:
        parts = urlsplit(url)
        if parts.hostname and parts.username is None and parts.scheme == "https":
            return HTTPSConnection(parts.netloc, timeout=CONNECT_SECONDS, context=ssl.create_default_context()), parts.path.rstrip("/")
        if parts.hostname and parts.username is None and parts.scheme == "http":
            return HTTPConnection(parts.netloc, timeout=CONNECT_SECONDS), parts.path.rstrip("/")
    except (HTTPException, ValueError):
        pass  # no such port, or no such address
    raise GatewayError(f"{url!r} is not the URL of an instance; it begins with https:// or http:// and has no user")


def _error(data: bytes) -> str:
    """The text of an error of the gateway, on one line; empty if it is none."""
    try:
        return one_line(str(json.loads(data)["error"]))[:_LONGEST_ERROR]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return ""


def _is(response: HTTPResponse, kind: str) -> bool:
    return (response.headers.get("Content-Type") or "").startswith(kind)
