"""Routing: from a path below the base path to the translation that serves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import orjson

from kuberedis_sidecar.api import key_listing, resources, upstash
from kuberedis_sidecar.api.error_responses import bad_request, error, not_allowed
from kuberedis_sidecar.api.model import Context, Outcome, Request, Response
from kuberedis_sidecar.api.url import decode
from kuberedis_sidecar.errors import BadURL

_SLASH = "no such route; a '/' inside a key, hash or field is written %2F"
_NO_COMMAND = 'no command; POST one as a JSON array such as ["GET", "key"], or write it into the path: GET /get/key'


def translate(request: Request, context: Context) -> Outcome:
    """The outcome of an authorized request: commands to send, or a response."""
    segments = request.path.split(b"/")
    if len(segments) > 1:
        del segments[0]
    try:
        return _ROUTES.get(segments[0], _path_command)(request, segments, context)
    except BadURL as bad:
        return bad_request(str(bad))


def takes_json(request: Request) -> bool:
    """Whether the body of a request is JSON."""
    first = request.path.lstrip(b"/").partition(b"/")[0]
    return not first or (first in _JSON_ROUTES and not (first == b"keys" and request.options.sends_bytes))


def public(request: Request, context: Context) -> Response | None:
    """The response to a request without a credential: the two documents, which reveal only the name of the instance. None for others."""
    serve = {b"/openapi.json": context.document, b"/docs": context.page}.get(request.path)
    return None if serve is None else _document(request, serve)


def is_for_the_instance(request: Request) -> bool:
    """Whether somebody looks at the address of the instance itself, as in a browser."""
    return request.method in ("GET", "HEAD") and request.path in (b"", b"/")


def _document(request: Request, serve: Callable[[], Response]) -> Response:
    return serve() if request.method in ("GET", "HEAD") else not_allowed("GET, HEAD")


def _key(request: Request, segments: list[bytes], _: Context) -> Outcome:
    if len(segments) == 2:
        return resources.key(request, decode(segments[1]))
    return key_listing.list_keys(request) if len(segments) == 1 else error(404, _SLASH)


def _hash(request: Request, segments: list[bytes], _: Context) -> Outcome:
    if len(segments) == 2:
        return resources.hash_(request, decode(segments[1]))
    if len(segments) == 3:
        return resources.field(request, decode(segments[1]), decode(segments[2]))
    return error(404, _SLASH)


def _root(request: Request, segments: list[bytes], context: Context) -> Outcome:
    if len(segments) > 1:
        # Some SDKs join a URL that ends in '/' with '/pipeline'.
        return translate(replace(request, path=b"/" + request.path.lstrip(b"/")), context)
    if request.method in ("GET", "HEAD"):
        # A client that sends its command in another way reads `error`, and would take an answer without it for a reply.
        return Response(200, orjson.dumps({"instance": context.instance, "described_at": [*context.links.values()], "error": _NO_COMMAND}))
    return upstash.body_command(request, context) if request.method in ("POST", "PUT") else not_allowed("GET, HEAD, POST, PUT")


def _path_command(request: Request, segments: list[bytes], context: Context) -> Outcome:
    # A slash at the end is a typing habit; an empty segment elsewhere is an argument.
    if len(segments) > 1 and segments[-1] == b"":
        segments = segments[:-1]
    return upstash.path_command(request, segments, context)


def _exactly(serve: Callable[[Request, Context], Outcome]) -> Callable[[Request, list[bytes], Context], Outcome]:
    def serve_route(request: Request, segments: list[bytes], context: Context) -> Outcome:
        if len(segments) > 2 or segments[1:] not in ([], [b""]):
            return error(404, f"no such route; there is nothing below /{segments[0].decode()}")
        return serve(request, context)

    return serve_route


def _subscription(command: bytes) -> Callable[[Request, list[bytes], Context], Outcome]:
    def serve_route(request: Request, segments: list[bytes], _: Context) -> Outcome:
        channels = segments[1:]
        return upstash.subscription(command, request, channels[:-1] if channels and channels[-1] == b"" else channels)

    return serve_route


_JSON_ROUTES = frozenset((b"keys", b"hashes", b"raw-command", b"pipeline", b"multi-exec"))
_ROUTES: dict[bytes, Callable[[Request, list[bytes], Context], Outcome]] = {
    b"": _root,
    b"keys": _key,
    b"hashes": _hash,
    b"openapi.json": _exactly(lambda request, context: _document(request, context.document)),
    b"docs": _exactly(lambda request, context: _document(request, context.page)),
    b"raw-command": _exactly(resources.raw_command),
    b"pipeline": _exactly(upstash.pipeline),
    b"multi-exec": _exactly(upstash.transaction),
    b"subscribe": _subscription(b"SUBSCRIBE"),
    b"psubscribe": _subscription(b"PSUBSCRIBE"),
    b"monitor": _exactly(lambda request, _: upstash.monitor(request)),
}
