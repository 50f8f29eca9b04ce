"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), as htmx' extension hx-sse reads them.

A message without a name is HTML that is swapped into the page; one with a name becomes a DOM event of that name, whose `detail.data` is its
text.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from sanic import HTTPResponse, Request
from sanic.exceptions import RequestCancelled

from kuberedis_dashboard.errors import DashboardError, SignedOut

_FIELDS = {
    # Proxies in front shall neither keep nor collect it.
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
}
# Proxies close what is silent for a minute, and a client that went away is noticed only when something is sent.
_COMMENT_SECONDS = 15.0
_COMMENT = ":\n\n"


class _ClientGone(Exception):
    """The client has closed the connection.

    Sanic says so by a kind of CancelledError, which a task group takes for an error if it comes out of its block, and overlooks if it comes
    out of a task.
    """


class EventStream:
    """An open stream. Nothing is written to it after its session is over.

    Args:
        response: what it is written to.
        is_over: whether the session is over.
    """

    def __init__(self, response: HTTPResponse, is_over: Callable[[], bool]) -> None:
        self._response: Any = response
        self._is_over = is_over
        self._writing = asyncio.Lock()

    async def html(self, text: str, identity: str = "") -> None:
        """Have the page swap HTML in; parts of it name their targets by `<hx-partial>` or `hx-swap-oob`.

        Args:
            text: the HTML.
            identity: what the page sends as `Last-Event-ID` when it connects again; empty to leave that as it is.
        """
        await self._write(encode(text, identity=identity))

    async def event(self, name: str, value: object, identity: str = "") -> None:
        """Have the page see a DOM event whose `detail.data` is `value` as JSON.

        Args:
            name: name of the event.
            value: what JSON can hold.
            identity: as that of `html`.
        """
        await self._write(encode(orjson.dumps(value).decode(), name, identity))

    async def keep_open(self) -> None:
        """Write comments for ever, so that nobody in between thinks that the stream is dead."""
        while True:
            await asyncio.sleep(_COMMENT_SECONDS)
            await self._write(_COMMENT)

    async def _write(self, text: str) -> None:
        if self._is_over():
            raise SignedOut("the session is over")
        async with self._writing:
            try:
                await self._response.send(text)
            except RequestCancelled:
                raise _ClientGone from None


@asynccontextmanager
async def event_stream(request: Request[Any, Any]) -> AsyncIterator[EventStream]:
    """Respond with a stream that ends with the block.

    The handler of the request is cancelled when the client goes away. A `DashboardError` in the block becomes the event `stream-error`,
    which the page shows; one that says that the credential is not accepted any more ends the session too.
    """
    response = await request.respond(content_type="text/event-stream; charset=utf-8", headers=_FIELDS)
    stream = EventStream(response, request.ctx.is_over)
    is_gone, error = False, None
    try:
        async with asyncio.TaskGroup() as group:
            others = [group.create_task(stream.keep_open()), group.create_task(_until_signed_out(request))]
            yield stream
            for task in others:
                task.cancel()
    except* _ClientGone:
        is_gone = True
    except* DashboardError as problems:
        error = _first(problems)
    if isinstance(error, SignedOut):
        request.ctx.sign_out()
    if is_gone:
        raise RequestCancelled
    if error is not None:
        problem = {"status": error.status, "error": error.message, "advice": error.advice}
        await response.send(encode(orjson.dumps(problem).decode(), "stream-error"))
    await response.eof()


def _first(problems: BaseExceptionGroup[DashboardError]) -> DashboardError:
    """The first error in a group that may have others in it, one for each of the stream's tasks."""
    first = problems.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


async def _until_signed_out(request: Request[Any, Any]) -> None:
    if request.ctx.session is not None:
        await request.ctx.session.ended.wait()
        raise SignedOut("the session is over")


def encode(text: str, name: str = "", identity: str = "") -> str:
    """One message. Every kind of line end in the text becomes a line of its own, so that a text cannot begin another message."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    head = (f"event: {name}\n" if name else "") + (f"id: {identity}\n" if identity else "")
    return head + "".join(f"data: {line}\n" for line in lines) + "\n"
