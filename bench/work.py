"""The requests that the bars send: all bars and all contenders use the same keys and values."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from bench.contenders import BASE_PATH, Redis, Sidecar, Webdis
from bench.errors import BenchError
from bench.load import Request

KEY_PREFIX = "bench:"


@dataclass(frozen=True)
class Values:
    """Keys that all have the same value."""

    keys: list[str]
    value: str


def values(size: int, number: int) -> Values:
    """`number` keys with a value of `size` bytes."""
    return Values([f"{KEY_PREFIX}{size}:{each:012}" for each in range(number)], ("0123456789abcdef" * (size // 16 + 1))[:size])


SMALL = Values([f"{KEY_PREFIX}{number:012}" for number in range(1000)], "0123456789abcdef" * 2)
PIPELINE_COMMANDS = 100
PIPELINE_KEYS = SMALL.keys[: PIPELINE_COMMANDS // 2]
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Entrant:
    """A server as a load generator sees it, with its requests for a GET and a SET of each of some keys.

    `cores` is the number of processors that it gets: of its threads or workers.
    """

    name: str
    pid: int
    origin: str
    requests: dict[str, list[Request]]
    cores: int


def of_webdis(name: str, server: Webdis, stored: Values = SMALL) -> Entrant:
    """webdis with its own form of the requests."""
    headers = {"Authorization": server.authorization}
    requests = {
        "GET": [Request("GET", f"/GET/{key}", headers) for key in stored.keys],
        "SET": [Request("PUT", f"/SET/{key}", headers, stored.value.encode()) for key in stored.keys],
    }
    return Entrant(name, server.pid, server.origin, requests, server.threads)


def of_sidecar(name: str, server: Sidecar, authorization: str, stored: Values = SMALL) -> Entrant:
    """A sidecar with requests to its key resource."""
    headers = {"Authorization": authorization}
    body = json.dumps({"value": stored.value}).encode()
    requests = {
        "GET": [Request("GET", f"{BASE_PATH}/keys/{key}", headers) for key in stored.keys],
        "SET": [Request("POST", f"{BASE_PATH}/keys/{key}", headers | _JSON, body) for key in stored.keys],
    }
    return Entrant(name, server.pid, server.origin, requests, server.workers)


def pipeline_commands() -> list[list[str]]:
    """A SET and a GET for each of `PIPELINE_KEYS`."""
    return [command for key in PIPELINE_KEYS for command in (["SET", key, SMALL.value], ["GET", key])]


def pipeline(server: Sidecar, *, base64: bool) -> Request:
    """All pipeline commands in one request; the SDKs request base64."""
    headers = {"Authorization": server.authorization} | _JSON
    if base64:
        headers["Upstash-Encoding"] = "base64"
    return Request("POST", f"{BASE_PATH}/pipeline", headers, json.dumps(pipeline_commands()).encode())


def fill(redis: Redis, stored: Values = SMALL) -> None:
    """Set keys, so that a GET finds a value even before the first SET."""
    with redis.client() as client:
        client.mset(dict.fromkeys(stored.keys, stored.value))


def check(origin: str, request: Request, right: Callable[[httpx.Response], bool]) -> None:
    """Sends a request once.

    Raises:
        BenchError: The response is unsuccessful or not `right`, so a measurement would mean nothing.
    """
    answer = _answer(origin, request, request.headers)
    if not (answer.is_success and right(answer)):
        raise BenchError(f"{request.method} {origin}{request.path} answered {answer.status_code}: {answer.text[:500]}")


def check_refusal(origin: str, request: Request) -> None:
    """Sends a request once with another credential of the same form and length.

    Raises:
        BenchError: It is not refused, so the server does not check what the measured requests carry.
    """
    scheme, _, credential = request.headers["Authorization"].partition(" ")
    answer = _answer(origin, request, {**request.headers, "Authorization": f"{scheme} {credential[::-1]}"})
    if answer.status_code not in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise BenchError(f"{request.method} {origin}{request.path} answered {answer.status_code} to a wrong credential")


def _answer(origin: str, request: Request, headers: dict[str, str]) -> httpx.Response:
    return httpx.request(request.method, origin + request.path, headers=headers, content=request.body, trust_env=False)
