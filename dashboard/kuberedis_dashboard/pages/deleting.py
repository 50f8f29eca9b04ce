"""The page that deletes an instance, after it has said what becomes of the data and its name was typed."""

from __future__ import annotations

from typing import Any

from sanic import HTTPResponse, Request

from kuberedis_core.crd.kind import PLURAL
from kuberedis_dashboard.errors import Conflict
from kuberedis_dashboard.http.route import Route
from kuberedis_dashboard.kube.client import INSTANCE, KubeClient
from kuberedis_dashboard.pages.form_data import sent_values
from kuberedis_dashboard.pages.instance_tabs import instance_tabs
from kuberedis_dashboard.views.deletion import GOES, deletion_of
from kuberedis_dashboard.views.ownership import owner_of


async def show(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """What is lost, and the form."""
    return await _page(request, namespace, name)


async def delete(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """Delete this very instance, and lead to the list; or the form again if another name was typed."""
    sent = sent_values(request)
    if sent.get("name", "").strip() != name:
        return await _page(request, namespace, name, f"Type {name} to delete it.")
    kube: KubeClient = request.ctx.source.kube
    try:
        # Not without a uid: then it would be whichever instance has the name now.
        await kube.delete(INSTANCE.path(namespace, name), uid=sent.get("uid") or "-")
    except Conflict:
        raise Conflict(
            f"{name} is not the instance that you saw: somebody has deleted that, and made another of the same name",
            "Load the page again and look whether you want to delete this one.",
        ) from None
    return HTTPResponse(status=303, headers={"Location": request.app.ctx.addresses.url("instances", namespace=namespace)})


async def _page(request: Request[Any, Any], namespace: str, name: str, problem: str = "") -> HTTPResponse:
    kube: KubeClient = request.ctx.source.kube
    instance = await kube.get_instance(namespace, name)
    response: HTTPResponse = request.app.ctx.templates.render(
        request,
        "delete.html",
        status=422 if problem else 200,
        namespace=namespace,
        name=name,
        tabs=await instance_tabs(request, namespace, name),
        uid=instance["metadata"]["uid"],
        goes=GOES,
        deletion=deletion_of(instance),
        owner=owner_of(instance),
        problem=problem,
        may_delete=await kube.may("delete", PLURAL, namespace, name),
    )
    return response


ROUTES = (
    Route("instance_delete", "/instances/<namespace:str>/<name:str>/delete", show),
    Route("delete", "/instances/<namespace:str>/<name:str>/delete", delete, methods=("POST",)),
)
