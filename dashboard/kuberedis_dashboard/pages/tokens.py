"""The page that makes a token: what it may do, on which keys and for how long; then the token, once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sanic import HTTPResponse, Request

from kuberedis_core.body import Body
from kuberedis_core.signing import mint
from kuberedis_dashboard.http.route import Route
from kuberedis_dashboard.pages.form_data import sent_values
from kuberedis_dashboard.pages.instance_tabs import instance_tabs
from kuberedis_dashboard.sources.cluster import SECRET
from kuberedis_dashboard.sources.source import Source
from kuberedis_dashboard.views.keys import secret_of, url_of
from kuberedis_dashboard.views.token_form import UNITS, TokenForm, checked, form_of, scopes, usual_form
from kuberedis_dashboard.views.tokens import MintedToken, minted, origins_of


async def show(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """The form."""
    instance = await request.ctx.source.get_instance(namespace, name)
    return await _page(request, instance, usual_form(_longest(instance)))


async def make(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """The page with a token; or the form again with what is wrong."""
    source: Source = request.ctx.source
    form = form_of(sent_values(request))
    instance = await source.get_instance(namespace, name)
    signing = await source.read_signing(namespace, name)
    found = checked(form, signing.max_token_seconds if signing.max_token_seconds is not None else _longest(instance))
    if found.request is None:
        return await _page(request, instance, form, found.errors)
    asked = found.request
    token = mint(signing.keys[0], name, ttl_seconds=asked.seconds, scope=asked.scope.value, acl=asked.acl)
    return await _page(request, instance, form, token=minted(token, asked, url_of(instance), datetime.now(UTC)))


def _limits(instance: Body) -> Mapping[str, Any]:
    limits = instance["spec"].get("limits")
    return limits if isinstance(limits, Mapping) else {}


def _longest(instance: Body) -> int | None:
    """The longest that a token may be valid by the spec; the operator may be set to less, which the Secret says."""
    longest = _limits(instance).get("maxTokenSeconds")
    return longest if isinstance(longest, int) and longest > 0 else None


async def _page(
    request: Request[Any, Any], instance: Body, form: TokenForm, errors: Mapping[str, str] | None = None, token: MintedToken | None = None
) -> HTTPResponse:
    source: Source = request.ctx.source
    namespace, name, secret = instance["metadata"]["namespace"], instance["metadata"]["name"], secret_of(instance)
    response: HTTPResponse = request.app.ctx.templates.render(
        request,
        "token.html",
        status=422 if errors else 200,
        # The length of a compressed page would tell of a token beside the texts of the form.
        compress=token is None,
        namespace=namespace,
        name=name,
        tabs=await instance_tabs(request, namespace, name),
        secret=secret,
        url_of_instance=url_of(instance),
        form=form,
        errors=errors or {},
        token=token,
        scopes=scopes(),
        units=UNITS,
        longest=_longest(instance),
        origins=origins_of(_limits(instance)),
        may_see=await source.may("get", SECRET.plural, namespace, secret),
    )
    return response


ROUTES = (
    Route("instance_token", "/instances/<namespace:str>/<name:str>/token", show),
    Route("make_token", "/instances/<namespace:str>/<name:str>/token", make, methods=("POST",)),
)
