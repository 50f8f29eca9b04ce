"""The page that creates an instance: a form, the manifest beside it, and what the API server says of it while somebody types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sanic import HTTPResponse, Request

from kuberedis_core.body import Body
from kuberedis_core.crd.kind import PLURAL
from kuberedis_dashboard.errors import Conflict, Invalid, NotAllowed, NotFound
from kuberedis_dashboard.http.route import Route
from kuberedis_dashboard.kube.client import INSTANCE, KubeClient
from kuberedis_dashboard.pages.form_data import sent_values
from kuberedis_dashboard.views.fields import fields
from kuberedis_dashboard.views.form_values import Values, spec_of, values_of_form
from kuberedis_dashboard.views.forms import ManifestForm, fields_of_new, manifest_form
from kuberedis_dashboard.views.manifests import manifest
from kuberedis_dashboard.views.refusals import Refusal, refusal_of

STRICT = {"fieldValidation": "Strict"}
"""Unknown and repeated fields are errors (https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation)."""
DRY_RUN = {"dryRun": "All", **STRICT}
"""Nothing is stored (https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run)."""

_FIRST_CAPACITY = "1Gi"
_STAND_IN = "new-instance"
"""A name for trying a manifest that has none yet."""
_SEGMENT = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST_NAME = 253


async def show(request: Request[Any, Any]) -> HTTPResponse:
    """The form, with what most people want."""
    values = {each.path: each.default for each in fields()} | {"capacity": _FIRST_CAPACITY}
    namespace = request.args.get("namespace", "")[:_LONGEST_NAME]
    body = manifest(namespace, "", spec_of(values))
    return await _page(request, manifest_form(body, fields_of_new(), values))


async def create(request: Request[Any, Any]) -> HTTPResponse:
    """Create the instance, and lead to its page; or the form again with what is wrong."""
    values, body = _sent(request)
    refusal = await _refusal(request.ctx.source.kube, body, STRICT)
    if not refusal:
        metadata = body["metadata"]
        address = request.app.ctx.addresses.url("instance", namespace=metadata["namespace"], name=metadata["name"])
        return HTTPResponse(status=303, headers={"Location": address})
    return await _page(request, manifest_form(body, fields_of_new(), values, refusal, is_checked=True), 422)


async def check(request: Request[Any, Any]) -> HTTPResponse:
    """The form as it is while somebody types, with what the API server says of it; nothing is created."""
    values, body = _sent(request)
    metadata = body["metadata"]
    refusal = Refusal()
    if metadata.get("namespace"):
        # Whoever has not come to the name yet is told of the other fields.
        tried = body if metadata["name"] else {**body, "metadata": {**metadata, "name": _STAND_IN}}
        refusal = await _refusal(request.ctx.source.kube, tried, DRY_RUN)
    is_whole = bool(metadata.get("namespace") and metadata["name"])
    form = manifest_form(body, fields_of_new(), values, refusal if is_whole else refusal.without("name"), is_checked=is_whole)
    return await _page(request, form, template="create-part.html")


async def _page(request: Request[Any, Any], form: ManifestForm, status: int = 200, template: str = "create.html") -> HTTPResponse:
    kube: KubeClient = request.ctx.source.kube
    # Until there is a namespace, nobody can tell.
    may_create = not _SEGMENT.fullmatch(form.namespace) or await kube.may("create", PLURAL, form.namespace)
    response: HTTPResponse = request.app.ctx.templates.render(request, template, status=status, form=form, may_create=may_create)
    return response


def _sent(request: Request[Any, Any]) -> tuple[Values, Body]:
    sent = sent_values(request)
    values = values_of_form(sent, fields_of_new())
    namespace, name = (sent.get(part, "").strip()[:_LONGEST_NAME] for part in ("namespace", "name"))
    return values, manifest(namespace, name, spec_of(values))


async def _refusal(kube: KubeClient, body: Body, options: Mapping[str, str]) -> Refusal:
    """Create the instance, or try to; what is wrong with it."""
    namespace, name = body["metadata"].get("namespace", ""), body["metadata"]["name"]
    if not _SEGMENT.fullmatch(namespace):
        return Refusal({"namespace": ("Write the name of a namespace: lower-case letters, digits and '-'.",)})
    if not name:
        return Refusal({"name": ("Write a name; the URL and all objects of the instance are named after it.",)})
    try:
        await kube.create(INSTANCE.path(namespace), body, options)
    except Invalid as error:
        return refusal_of(error.message, error.causes)
    except Conflict:
        return Refusal({"name": (f"There is an instance {name} in {namespace} already.",)})
    except NotFound:
        return Refusal({"namespace": (f"There is no namespace {namespace}, or no RedisHttpInstance in this cluster.",)})
    except NotAllowed as error:
        return Refusal({}, (error.message,))
    return Refusal()


ROUTES = (
    Route("new", "/new", show),
    Route("create", "/new", create, methods=("POST",)),
    Route("check_new", "/new/check", check, methods=("POST",)),
)
