"""Every endpoint by which a command can reach Redis, as one table: each function sends one command to its endpoint."""

from collections.abc import Callable
from urllib.parse import quote

import httpx

Entrance = Callable[[httpx.Client, list[str]], httpx.Response]
CALL = "return redis.call(unpack(ARGV))"


def in_body(http: httpx.Client, command: list[str]) -> httpx.Response:
    return http.post("/", json=command)


def in_path(http: httpx.Client, command: list[str]) -> httpx.Response:
    return http.get("/" + "/".join(quote(part, safe="") for part in command))


def in_path_and_body(http: httpx.Client, command: list[str]) -> httpx.Response:
    *path, body = command if len(command) > 1 else [*command, ""]
    return http.post("/" + "/".join(quote(part, safe="") for part in path), content=body.encode())


def raw_command(http: httpx.Client, command: list[str]) -> httpx.Response:
    return http.post("/raw-command", json={"command": command[0], "args": command[1:]})


def in_pipeline(http: httpx.Client, command: list[str]) -> httpx.Response:
    return http.post("/pipeline", json=[["PING"], command, ["PING"]])


def in_transaction(http: httpx.Client, command: list[str]) -> httpx.Response:
    return http.post("/multi-exec", json=[["PING"], command, ["PING"]])


def in_script(http: httpx.Client, command: list[str]) -> httpx.Response:
    return http.post("/", json=["EVAL", CALL, "0", *command])


def in_protected_script(http: httpx.Client, command: list[str]) -> httpx.Response:
    return http.post("/", json=["EVAL", CALL.replace("redis.call", "redis.pcall"), "0", *command])


def in_script_of_transaction(http: httpx.Client, command: list[str]) -> httpx.Response:
    return http.post("/multi-exec", json=[["EVAL", CALL, "0", *command]])


ENTRANCES: dict[str, Entrance] = {
    "body": in_body,
    "path": in_path,
    "path and body": in_path_and_body,
    "raw-command": raw_command,
    "pipeline": in_pipeline,
    "transaction": in_transaction,
    "script": in_script,
    "protected script": in_protected_script,
    "script of a transaction": in_script_of_transaction,
}


def is_refused(response: httpx.Response) -> bool:
    """Whether the command was refused: by the status, or by its item of a batch."""
    if response.status_code in (400, 401, 403):
        return list(response.json()) == ["error"]
    if response.status_code != 200 or not isinstance(response.json(), list):
        return False
    items = response.json()
    return "error" in items[len(items) // 2]
