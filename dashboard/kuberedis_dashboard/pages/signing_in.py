"""Signing in with a token, entering a dashboard on one's own machine, and signing out."""

from __future__ import annotations

from typing import Any

from sanic import HTTPResponse, Request
from sanic.response import redirect

from kuberedis_dashboard.errors import DashboardError, NotFound, SignedOut
from kuberedis_dashboard.http.route import Access, Route
from kuberedis_dashboard.kube.credential import Credential, CredentialSource, always

_LONGEST_TOKEN = 12_000


async def show(request: Request[Any, Any]) -> HTTPResponse:
    """The form, or how to enter where there is none."""
    return _page(request, request.args.get("next"))


async def sign_in(request: Request[Any, Any]) -> HTTPResponse:
    """Begin a session with the token of the form, if the API server accepts it."""
    form: Any = request.form or {}
    token, following = (form.get("token") or "").strip(), form.get("next")
    if request.app.ctx.setup.entry is not None:
        raise NotFound("this dashboard is entered by the link that the command printed")
    if problem := _problem(token):
        return _page(request, following, problem, 422)
    try:
        return await _begin(request, always(Credential.bearer(token)), following)
    except SignedOut:
        return _page(request, following, "The cluster does not accept this token. It may have expired, or be of another cluster.", 401)
    except DashboardError as error:
        return _page(request, following, f"{error.message}. {error.advice}", error.status)


async def enter(request: Request[Any, Any]) -> HTTPResponse:
    """Begin the session of the person who started the dashboard on their machine, by a link that works once."""
    setup = request.app.ctx.setup
    if setup.entry is None or setup.own_credential is None:
        raise NotFound("there is no such page")
    if not setup.entry.use(request.args.get("code", "")):
        return _page(request, None, "This link has been used, or belongs to a dashboard that has ended.", 401)
    return await _begin(request, setup.own_credential, None)


async def sign_out(request: Request[Any, Any]) -> HTTPResponse:
    """End the session."""
    response = redirect(request.app.ctx.addresses.url("sign_in"), status=303)
    request.app.ctx.identification.forget(request, response)
    return response


async def _begin(request: Request[Any, Any], credential: CredentialSource, following: str | None) -> HTTPResponse:
    user = await request.app.ctx.sources(credential).whoami()
    identification = request.app.ctx.identification
    # A page in between: after a redirect the browser would keep the new cookie back if the navigation began on another site.
    response: HTTPResponse = request.app.ctx.templates.render(request, "same-site.html", address=_own_address(request, following))
    identification.end(request)
    identification.remember(response, identification.sessions.begin(user, credential))
    return response


def _page(request: Request[Any, Any], following: str | None, problem: str = "", status: int = 200) -> HTTPResponse:
    response: HTTPResponse = request.app.ctx.templates.render(
        request, "sign-in.html", status=status, problem=problem, following=_own_address(request, following)
    )
    return response


def _problem(token: str) -> str:
    if not token:
        return "Paste a token."
    if len(token) > _LONGEST_TOKEN:
        return "This is too long for a token. Paste the token alone, without the kubeconfig around it."
    if not token.isascii() or not token.isprintable() or " " in token:
        return "This is not a token: it has spaces, line breaks or other characters that no token has. Paste it again, in one piece."
    return ""


def _own_address(request: Request[Any, Any], address: str | None) -> str:
    """`address` if it is a page of this dashboard, or else the first page: nobody is led elsewhere after signing in."""
    first: str = request.app.ctx.addresses.url("instances")
    is_own = address is not None and address.startswith(first) and not address.startswith("//") and "\\" not in address
    return address if is_own and address is not None and address.isprintable() else first


ROUTES = (
    Route("sign_in", "/sign-in", show, access=Access.PUBLIC),
    Route("begin_session", "/sign-in", sign_in, methods=("POST",), access=Access.PUBLIC),
    Route("enter", "/enter", enter, access=Access.PUBLIC),
    Route("sign_out", "/sign-out", sign_out, methods=("POST",), access=Access.PUBLIC),
)
