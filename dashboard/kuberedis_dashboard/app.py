"""The application: what every request passes before it reaches a page, and the list of pages.

A request is checked in this order, and nothing of it is looked at before: its `Host`, where it comes from, who sent it. Then its page
handles it with the credential of that user, and the response gets the header fields that every response has.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sanic import HTTPResponse, Request, Sanic
from sanic.response import BaseHTTPResponse

from kuberedis_core.version import VERSION
from kuberedis_dashboard.errors import SignedOut
from kuberedis_dashboard.gateway.gateways import Gateways
from kuberedis_dashboard.gateway.prometheus import Prometheus
from kuberedis_dashboard.http.assets import Assets
from kuberedis_dashboard.http.error_pages import CrossSite, Misdirected, error_response
from kuberedis_dashboard.http.route import Access, Route
from kuberedis_dashboard.http.security_fields import NO_STORE, security_fields
from kuberedis_dashboard.http.templates import Addresses, Templates
from kuberedis_dashboard.kube.credential import CredentialSource
from kuberedis_dashboard.pages import (
    console,
    creating,
    data,
    deleting,
    editing,
    files,
    instance,
    instances,
    instances_live,
    keys,
    signing_in,
    slow_log,
    tokens,
)
from kuberedis_dashboard.pages.form_data import to_send_again
from kuberedis_dashboard.session.entry_link import EntryLink
from kuberedis_dashboard.session.identity import Identification, cookie_name
from kuberedis_dashboard.session.request_checks import cross_site_problem, is_cross_site_navigation, origin_of
from kuberedis_dashboard.session.sessions import Session, Sessions
from kuberedis_dashboard.sources.source import Sources

PAGES: Sequence[Sequence[Route]] = (
    instances.ROUTES,
    instance.ROUTES,
    slow_log.ROUTES,
    instances_live.ROUTES,
    keys.ROUTES,
    tokens.ROUTES,
    data.ROUTES,
    console.ROUTES,
    signing_in.ROUTES,
    files.ROUTES,
)
"""Every page but those that only a cluster has; a new one is added here."""

CLUSTER_PAGES: Sequence[Sequence[Route]] = (
    instance.CLUSTER_ROUTES,
    keys.CLUSTER_ROUTES,
    creating.ROUTES,
    editing.ROUTES,
    deleting.ROUTES,
)
"""The pages that local mode is without: it has no events, and its manifests are files."""

_LARGEST_BODY = 8 * 2**20
_LARGEST_HEAD = 16_384
_HEAD_SECONDS = 10
_KEEP_ALIVE_SECONDS = 75

_NONE = "NONE"
"""Method of what Sanic makes of bytes that are no request, to answer them with an error."""

_names = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What differs between dashboards: in a cluster, on somebody's machine, of local mode.

    Args:
        origins: where browsers reach it; requests for other hosts are refused.
        prefix: what all paths begin with, such as `/ui`; empty for none.
        own_credential: credential of the person who started it on their machine; None where people sign in.
        entry: the link by which that person enters; None where people sign in.
        namespace: the namespace to show to who may not list the cluster and has named none; None to ask.
        most_figures: how many rows of a list have figures; None for all.
        prometheus_url: where ranges beyond the last hour come from; None for nowhere.
        is_local: whether it shows what local mode runs. It has no `CLUSTER_PAGES` then, and whoever has no session is nobody: there is no
            API server that would judge a credential.
    """

    origins: Sequence[str]
    prefix: str = ""
    own_credential: CredentialSource | None = None
    entry: EntryLink | None = None
    namespace: str | None = None
    most_figures: int | None = None
    prometheus_url: str | None = None
    is_local: bool = False
    sessions: Sessions = field(default_factory=Sessions)


def make_app(sources: Sources, gateways: Gateways, setup: Setup) -> Sanic[Any, Any]:
    """The application, to be served in the running event loop.

    Its `ctx` has `setup`, `sources`, `gateways`, `prometheus`, `templates`, `assets` and `identification`. The `ctx` of a request has
    `user`, `source`, `session` (None behind a proxy that authenticates), `is_over()` and `sign_out()` of the session, on routes of
    `Access.USER`.

    Args:
        sources: what each user may see.
        gateways: the way to the sidecars.
        setup: what differs between dashboards.
    """
    app: Sanic[Any, Any] = Sanic(f"kuberedis-dashboard-{next(_names)}", configure_logging=False)
    app.config.update(
        ACCESS_LOG=False,
        MOTD=False,
        REQUEST_MAX_SIZE=_LARGEST_BODY,
        REQUEST_MAX_HEADER_SIZE=_LARGEST_HEAD,
        REQUEST_TIMEOUT=_HEAD_SECONDS,
        RESPONSE_TIMEOUT=float("inf"),
        KEEP_ALIVE_TIMEOUT=_KEEP_ALIVE_SECONDS,
        # Sanic can rewrite its classes once in a process, and there the gateway's application has done so.
        TOUCHUP=not setup.is_local,
    )
    pages = PAGES if setup.is_local else (*PAGES, *CLUSTER_PAGES)
    routes = [route for page in pages for route in page]
    app.ctx.setup = setup
    app.ctx.sources = sources
    app.ctx.gateways = gateways
    app.ctx.prometheus = Prometheus(setup.prometheus_url) if setup.prometheus_url else None
    app.ctx.addresses = Addresses.of(routes, setup.prefix)
    app.ctx.assets = Assets()
    app.ctx.templates = Templates(app.ctx.addresses, app.ctx.assets, _common(setup))
    app.ctx.identification = Identification(sources, setup.sessions, cookie_name(setup.origins), behind_proxy=not setup.is_local)
    for route in routes:
        methods = {*route.methods, "HEAD"} if "GET" in route.methods and not route.is_stream else set(route.methods)
        # Sanic keeps what begins with `ctx_` in the `ctx` of its own route.
        app.add_route(route.handler, setup.prefix + route.path, methods=sorted(methods), name=route.name, ctx_declared=route)
    app.register_middleware(_admit, "request")
    app.register_middleware(_add_fields, "response")
    app.error_handler.add(Exception, _answer_error)
    return app


def _common(setup: Setup) -> dict[str, object]:
    """What every template can use."""
    return {"version": VERSION, "can_sign_in": setup.entry is None, "is_local": setup.is_local}


async def _admit(request: Request[Any, Any]) -> HTTPResponse | None:
    """Check a request; a response, or an error, if it is not let through."""
    if request.method == _NONE:
        return None
    declared: Route | None = getattr(request.route.ctx, "declared", None) if request.route is not None else None
    if declared is not None and declared.access is Access.PROBE:
        return None
    setup: Setup = request.app.ctx.setup
    origin = origin_of(request.headers.get("host", ""), setup.origins)
    if origin is None:
        raise Misdirected("this dashboard is not served under the host of the request", f"Open {setup.origins[0]}")
    problem = cross_site_problem(request.method, request.headers, origin)
    if problem is not None:
        raise CrossSite(problem)
    if declared is None or declared.access is Access.PUBLIC:
        return None
    identification: Identification = request.app.ctx.identification
    identity = await identification.identify(request, background=declared.background)
    if identity is None and is_cross_site_navigation(request.method, request.headers):
        # The browser kept the cookie back; it sends it with a navigation that begins on a page of the dashboard.
        between: HTTPResponse = request.app.ctx.templates.render(request, "same-site.html", address=request.raw_url.decode("latin-1"))
        return between
    if identity is None:
        raise SignedOut("nobody is signed in in this browser")
    request.ctx.user, request.ctx.source, request.ctx.session = identity.user, identity.source, identity.session
    request.ctx.is_over = partial(_is_over, setup.sessions, identity.session)
    request.ctx.sign_out = partial(identification.end, request)
    return None


def _is_over(sessions: Sessions, session: Session | None) -> bool:
    return session is not None and sessions.is_over(session)


async def _add_fields(_: Request[Any, Any], response: BaseHTTPResponse) -> None:
    fields = security_fields(response.content_type)
    response.headers.extend({name: value for name, value in fields.items() if name not in response.headers})
    response.headers.setdefault("Cache-Control", NO_STORE)


def _answer_error(request: Request[Any, Any], exception: Exception) -> HTTPResponse:
    context = request.app.ctx
    back = request.raw_url.decode("latin-1") if request.method == "GET" and request.raw_url else None
    sign_in, again = context.addresses.url("sign_in", next=back), to_send_again(request, exception)
    response = error_response(request, exception, context.templates, sign_in, again)
    if isinstance(exception, SignedOut) and context.identification.has_cookie(request):
        context.identification.forget(request, response)
    return response
