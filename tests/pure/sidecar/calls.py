"""Requests to endpoints, and what is read from their outcomes: plain function calls, no socket and no server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kuberedis_sidecar.api import router
from kuberedis_sidecar.api.model import Context, Outcome, Plan, Request, RequestOptions, Response
from kuberedis_sidecar.api.scripts import Scripts
from kuberedis_sidecar.redis.command_table import CommandTable

_NAMES = "blpop client debug del echo eval evalsha exists get hget hset incr mset ping script set xadd xread".split()


def command_table() -> CommandTable:
    """The table of a Redis that has a few commands."""
    flags = {"blpop": [b"blocking"], "xread": [b"blocking"]}
    return CommandTable.from_reply([[name.encode(), 0, flags.get(name, []), 0, 0, 0, [], [], [], []] for name in _NAMES])


def context(max_pipeline_commands: int = 4) -> Context:
    """The context of an instance called ``cache``."""
    return Context(
        instance="cache",
        table=command_table(),
        scripts=Scripts(),
        max_pipeline_commands=max_pipeline_commands,
        document=lambda: Response(200, b"document"),
        page=lambda: Response(200, b"page"),
        links={"docs": "/docs"},
    )


def send(method: str, path: str, body: object = b"", used_context: Context | None = None, **options: Any) -> Outcome:
    """The outcome of a request; a body that is not bytes is sent as JSON."""
    raw_path, _, query = path.partition("?")
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request(method, raw_path.encode(), query.encode(), content, RequestOptions(**options))
    return router.translate(request, used_context or context())


def plan(method: str, path: str, body: object = b"", **options: Any) -> Plan:
    """The plan for a request that is sent to Redis."""
    outcome = send(method, path, body, **options)
    assert isinstance(outcome, Plan), outcome
    return outcome


def response(method: str, path: str, body: object = b"", **options: Any) -> Response:
    """The response to a request that is not sent to Redis."""
    outcome = send(method, path, body, **options)
    assert isinstance(outcome, Response), outcome
    return outcome


def commands(planned: Plan) -> list[tuple[Any, ...]]:
    """The commands of a plan, as tuples of bytes."""
    return [tuple(argument if isinstance(argument, bytes) else str(argument).encode() for argument in row) for row in planned.commands]


def content(answer: Response) -> Any:
    """The status of a response, and its JSON."""
    return answer.status, json.loads(body(answer))


def body(answer: Response) -> bytes:
    """The body of a response, whether it is in pieces or not."""
    return answer.body if answer.pieces is None else b"".join(answer.pieces)


def encode(planned: Plan, *replies: Any) -> Any:
    """The status and the JSON that the replies become."""
    return content(planned.encode(replies))


def rows(*names: Sequence[Any]) -> list[list[Any]]:
    """Commands as they are in a JSON body."""
    return [list(name) for name in names]
