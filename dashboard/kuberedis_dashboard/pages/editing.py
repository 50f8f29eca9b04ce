"""The page that changes an instance, and says what that does before it is done.

A change carries the resourceVersion that it was made for. The status moves it on all the time, so what counts as a conflict is that a field
of the form is not as it was when the form was opened: then both values are shown, and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sanic import HTTPResponse, Request

from kuberedis_core.body import Body
from kuberedis_core.crd.kind import PLURAL
from kuberedis_dashboard.errors import Conflict, Invalid, NotAllowed
from kuberedis_dashboard.http.route import Route
from kuberedis_dashboard.kube.client import INSTANCE, KubeClient
from kuberedis_dashboard.packaged import spec_schema
from kuberedis_dashboard.pages.creating import DRY_RUN, STRICT
from kuberedis_dashboard.pages.form_data import sent_values
from kuberedis_dashboard.pages.instance_tabs import instance_tabs
from kuberedis_dashboard.views.conflict import differences, merged
from kuberedis_dashboard.views.effects import effects_of
from kuberedis_dashboard.views.form_values import Values, patch_of, patched, values_of, values_of_form
from kuberedis_dashboard.views.forms import ManifestForm, fields_of_change, manifest_form
from kuberedis_dashboard.views.manifests import manifest, without_defaults
from kuberedis_dashboard.views.ownership import owner_of
from kuberedis_dashboard.views.refusals import Refusal, refusal_of

_TRIES = 3
"""The operator writes the status between our read and our write; hardly twice."""
_BEFORE = "was."
"""Prefix of the fields that say how the instance was when the form was opened."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A change that somebody wants, and the instance that it is for."""

    instance: Body
    before: Values
    """What the form was opened with."""
    yours: Values

    @property
    def now(self) -> Values:
        """What the instance has now."""
        return _values(self.instance)

    @property
    def is_contested(self) -> bool:
        """Whether somebody else has changed a field meanwhile."""
        return bool(differences(self.before, self.now, self.yours))

    @property
    def patch(self) -> Body:
        """The merge patch of the spec."""
        return patch_of(self.now, self.yours)

    @property
    def spec(self) -> Body:
        """The spec after it."""
        return patched(self.instance["spec"], self.patch)


async def show(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """The form with what the instance has."""
    instance = await request.ctx.source.kube.get_instance(namespace, name)
    values = _values(instance)
    return await _page(request, instance, _form(_Change(instance, values, values)), values)


async def change(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """Change the instance and lead to its page; or the form again with what is wrong, or with what somebody else has changed."""
    kube: KubeClient = request.ctx.source.kube
    sent = sent_values(request)
    for _ in range(_TRIES):
        wanted = _wanted(await kube.get_instance(namespace, name), sent)
        if wanted.is_contested:
            return await _contested(request, wanted)
        try:
            refusal = await _refusal(kube, namespace, name, wanted, STRICT)
        except Conflict:
            continue
        if refusal:
            form = _form(wanted, refusal, is_checked=True)
            return await _page(request, wanted.instance, form, wanted.before, 422)
        return HTTPResponse(status=303, headers={"Location": request.app.ctx.addresses.url("instance", namespace=namespace, name=name)})
    raise Conflict(f"{name} is being changed by others all the time")


async def check(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """The form as it is while somebody types, with what the change does and what the API server says of it; nothing is changed."""
    kube: KubeClient = request.ctx.source.kube
    wanted = _wanted(await kube.get_instance(namespace, name), sent_values(request))
    try:
        refusal = await _refusal(kube, namespace, name, wanted, DRY_RUN)
    except Conflict:
        refusal = Refusal()
    form = _form(wanted, refusal, is_checked=True)
    may_change = await kube.may("patch", PLURAL, namespace, name)
    response: HTTPResponse = request.app.ctx.templates.render(
        request, "edit-part.html", form=form, before=wanted.before, may_change=may_change
    )
    return response


async def _contested(request: Request[Any, Any], wanted: _Change) -> HTTPResponse:
    found = differences(wanted.before, wanted.now, wanted.yours)
    values = merged(wanted.before, wanted.now, wanted.yours)
    again = _Change(wanted.instance, wanted.now, {each.path: values[each.path] for each in fields_of_change()})
    form = manifest_form(_manifest(again), fields_of_change(), again.yours, effects=_effects(again), differences=found)
    return await _page(request, wanted.instance, form, again.now, 409)


async def _page(request: Request[Any, Any], instance: Body, form: ManifestForm, before: Values, status: int = 200) -> HTTPResponse:
    kube: KubeClient = request.ctx.source.kube
    may_change = await kube.may("patch", PLURAL, form.namespace, form.name)
    response: HTTPResponse = request.app.ctx.templates.render(
        request,
        "edit.html",
        status=status,
        form=form,
        before=before,
        owner=owner_of(instance),
        may_change=may_change,
        tabs=await instance_tabs(request, form.namespace, form.name),
    )
    return response


def _wanted(instance: Body, sent: Mapping[str, str]) -> _Change:
    shown = fields_of_change()
    before = {each.path: sent.get(_BEFORE + each.path, "").replace("\r\n", "\n") for each in shown}
    return _Change(instance, before, values_of_form(sent, shown))


async def _refusal(kube: KubeClient, namespace: str, name: str, wanted: _Change, options: Mapping[str, str]) -> Refusal:
    """Change the instance, or try to; what is wrong with the change.

    Raises:
        Conflict: Somebody has changed it since it was read.
    """
    patch = wanted.patch
    if not patch:
        return Refusal()
    body = {"metadata": {"resourceVersion": wanted.instance["metadata"]["resourceVersion"]}, "spec": patch}
    try:
        await kube.patch(INSTANCE.path(namespace, name), body, options)
    except Invalid as error:
        return refusal_of(error.message, error.causes)
    except NotAllowed as error:
        return Refusal({}, (error.message,))
    return Refusal()


def _form(wanted: _Change, refusal: Refusal | None = None, *, is_checked: bool = False) -> ManifestForm:
    effects = () if refusal else _effects(wanted)
    return manifest_form(_manifest(wanted), fields_of_change(), wanted.yours, refusal, is_checked=is_checked, effects=effects)


def _effects(wanted: _Change) -> Any:
    return effects_of(wanted.instance, wanted.spec)


def _manifest(wanted: _Change) -> Body:
    metadata = wanted.instance["metadata"]
    return manifest(metadata["namespace"], metadata["name"], without_defaults(wanted.spec, spec_schema()))


def _values(instance: Body) -> dict[str, str]:
    found = values_of(instance.get("spec") or {})
    return {each.path: found[each.path] for each in fields_of_change()}


ROUTES = (
    Route("instance_edit", "/instances/<namespace:str>/<name:str>/edit", show),
    Route("change", "/instances/<namespace:str>/<name:str>/edit", change, methods=("POST",)),
    Route("check_change", "/instances/<namespace:str>/<name:str>/edit/check", check, methods=("POST",)),
)
