"""The requests that the bars send: all bars and all contenders use the same keys and values."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from bench.contenders import BASE_PATH, Redis, Sidecar, Webdis
from bench.errors import BenchError
from bench.load import Request

VALUE = "0123456789abcdef" * 2
KEY_PREFIX = "bench:"
KEYS = [f"{KEY_PREFIX}{number:012}" for number in range(1000)]
PIPELINE_COMMANDS = 100
PIPELINE_KEYS = KEYS[: PIPELINE_COMMANDS // 2]
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Entrant:
    """A server as a load generator sees it, with its requests for a GET and a SET of each of `KEYS`."""

    name: str
    pid: int
    origin: str
    requests: dict[str, list[Request]]


def of_webdis(server: Webdis) -> Entrant:
    """webdis with its own form of the requests."""
    headers = {"Authorization": server.authorization}
    requests = {
        "GET": [Request("GET", f"/GET/{key}", headers) for key in KEYS],
        "SET": [Request("PUT", f"/SET/{key}", headers, VALUE.encode()) for key in KEYS],
    }
    return Entrant("webdis", server.pid, server.origin, requests)


def of_sidecar(name: str, server: Sidecar, authorization: str) -> Entrant:
    """A sidecar with requests to its key resource."""
    headers = {"Authorization": authorization}
    body = json.dumps({"value": VALUE}).encode()
    requests = {
        "GET": [Request("GET", f"{BASE_PATH}/keys/{key}", headers) for key in KEYS],
        "SET": [Request("POST", f"{BASE_PATH}/keys/{key}", headers | _JSON, body) for key in KEYS],
    }
    return Entrant(name, server.pid, server.origin, requests)


def pipeline_commands() -> list[list[str]]:
    """A SET and a GET for each of `PIPELINE_KEYS`."""
    return [command for key in PIPELINE_KEYS for command in (["SET", key, VALUE], ["GET", key])]


def pipeline(server: Sidecar, *, base64: bool) -> Request:
    """All pipeline commands in one request; the SDKs request base64."""
    headers = {"Authorization": server.authorization} | _JSON
    if base64:
        headers["Upstash-Encoding"] = "base64"
    return Request("POST", f"{BASE_PATH}/pipeline", headers, json.dumps(pipeline_commands()).encode())


def fill(redis: Redis) -> None:
    """Set all keys, so that a GET finds a value even before the first SET."""
    with redis.client() as client:
        client.mset(dict.fromkeys(KEYS, VALUE))


def check(origin: str, request: Request, right: Callable[[httpx.Response], bool]) -> None:
    """Sends a request once.

    Raises:
        BenchError: The response is unsuccessful or not `right`, so a measurement would mean nothing.
    """
    answer = httpx.request(request.method, origin + request.path, headers=request.headers, content=request.body, trust_env=False)
    if not (answer.is_success and right(answer)):
        raise BenchError(f"{request.method} {origin}{request.path} answered {answer.status_code}: {answer.text[:500]}")
