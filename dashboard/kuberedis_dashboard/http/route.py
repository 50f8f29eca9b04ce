"""How a page says where it is and who may reach it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

from sanic import HTTPResponse, Request

Handler: TypeAlias = Callable[..., Coroutine[Any, Any, HTTPResponse | None]]
"""A coroutine function of the request and of the parameters in its path. None: it has responded itself, as a stream does."""


class Access(Enum):
    """Who may reach a route."""

    USER = auto()
    """Who has a credential: `request.ctx.user` and `request.ctx.source` are set. Everybody else is led to the sign-in page."""
    PUBLIC = auto()
    """Everybody who reaches the dashboard under its own name."""
    PROBE = auto()
    """Also under another name: the kubelet sends the address of the pod."""


@dataclass(frozen=True, slots=True)
class Route:
    """One route of a page.

    Args:
        name: what templates name in `url(name, …)`; unique in the dashboard.
        path: below the prefix, such as `/instances/<namespace:str>/<name:str>`.
        handler: serves it.
        methods: methods that it serves. HEAD comes with GET, but for a stream.
        access: who may reach it.
        background: an open page requests it by itself, so that it does not show that somebody is there, and the session may become idle.
        is_stream: its response goes on for as long as the page is open.
    """

    name: str
    path: str
    handler: Handler
    methods: Sequence[str] = ("GET",)
    access: Access = Access.USER
    background: bool = False
    is_stream: bool = False


def is_htmx(request: Request[Any, Any]) -> bool:
    """Whether htmx sent the request, so that it expects a part of a page."""
    return request.headers.get("hx-request") == "true"
