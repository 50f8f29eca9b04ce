"""The templates, and what all of them can use. Pages never build HTML in Python."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sanic import HTTPResponse, Request
from sanic.response import html

from kuberedis_dashboard.http.assets import Assets
from kuberedis_dashboard.http.route import Route

_FOLDER = Path(__file__).parents[1] / "templates"
_PARAMETER = re.compile(r"<([a-z_]+)(:[^>]*)?>")
_LEAST_TO_COMPRESS = 1024
_COMPRESSION = 5


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the routes are.

    Args:
        prefix: what all paths begin with, such as `/ui`; empty for none.
        paths: paths of the routes by their names.
    """

    prefix: str
    paths: Mapping[str, str]

    @classmethod
    def of(cls, routes: list[Route], prefix: str) -> Addresses:
        """The addresses of routes."""
        return cls(prefix, {route.name: route.path for route in routes})

    def url(self, name: str, /, **values: object) -> str:
        """The address of a route.

        Args:
            name: name of the route.
            values: its parameters; the others become its query, without those that are None or empty.

        Raises:
            KeyError: there is no such route, or a parameter is missing.
        """
        used: set[str] = set()

        def value(match: re.Match[str]) -> str:
            used.add(match[1])
            return quote(str(values[match[1]]), safe="/" if match[2] == ":path" else "")

        path = self.prefix + _PARAMETER.sub(value, self.paths[name])
        query = {key: value for key, value in values.items() if key not in used and value not in (None, "")}
        return f"{path}?{urlencode(query)}" if query else path


class Templates:
    """The templates.

    Args:
        addresses: where the routes are, for `url(name, …)`.
        assets: scripts and styles, for `asset(name)`.
        common: what else every template can use.
    """

    def __init__(self, addresses: Addresses, assets: Assets, common: Mapping[str, Any]) -> None:
        # Texts are escaped wherever they are: what users, the API server and Redis wrote is data.
        self._environment = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals.update(common, url=addresses.url, asset=lambda name: addresses.url("asset", path=assets.path(name)))

    def text(self, name: str, request: Request[Any, Any], /, **view: object) -> str:
        """The text of a template.

        Args:
            name: name of the template, such as `instances.html`.
            request: the request that it is for; templates see its `ctx` as `context`.
            view: what it prints.
        """
        return self._environment.get_template(name).render(context=request.ctx, **view)

    def render(self, request: Request[Any, Any], name: str, /, *, status: int = 200, compress: bool = True, **view: object) -> HTTPResponse:
        """The response with a page.

        Args:
            request: the request.
            name: name of the template.
            status: status of the response.
            compress: whether it may be compressed. Not with a secret beside text that a request brought, which its length would give away.
            view: what the template prints.
        """
        return compressed(request, html(self.text(name, request, **view), status), allowed=compress)


def compressed(request: Request[Any, Any], response: HTTPResponse, *, allowed: bool = True) -> HTTPResponse:
    """A response as gzip, if the client takes that and it is worth it."""
    body = response.body or b""
    response.headers["Vary"] = "Accept-Encoding, HX-Request"
    if allowed and len(body) >= _LEAST_TO_COMPRESS and accepts_gzip(request):
        response.body = gzip.compress(body, _COMPRESSION, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    return response


def accepts_gzip(request: Request[Any, Any]) -> bool:
    """Whether the client takes gzip (RFC 9110, section 12.5.3)."""
    return re.search(r"(^|[\s,])gzip(?!\s*;\s*q=0(\.0*)?\s*(,|$))", request.headers.get("accept-encoding", "")) is not None
