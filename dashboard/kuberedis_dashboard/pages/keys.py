"""The page of an instance's key: hidden until it is asked for, for half a minute; and its replacement.

To see the key is the right to get its Secret, to replace it the right to patch the instance; many people have one without the other.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sanic import HTTPResponse, Request

from kuberedis_core.crd.kind import PLURAL
from kuberedis_dashboard.errors import Invalid
from kuberedis_dashboard.http.route import Route
from kuberedis_dashboard.kube.client import INSTANCE, KubeClient
from kuberedis_dashboard.pages.creating import STRICT
from kuberedis_dashboard.pages.form_data import sent_values
from kuberedis_dashboard.pages.instance_tabs import instance_tabs
from kuberedis_dashboard.sources.cluster import SECRET
from kuberedis_dashboard.sources.source import Source
from kuberedis_dashboard.views.keys import GRACE_PERIODS, USUAL_GRACE, Revealed, revealed, rotation_of, rotation_patch, secret_of, url_of


async def show(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """The page, without the key."""
    return await _page(request, namespace, name)


async def reveal(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """The page with the key, which leads back to the page without it."""
    source: Source = request.ctx.source
    instance = await source.get_instance(namespace, name)
    signing = await source.read_signing(namespace, name)
    found = revealed(signing.keys[0], url_of(instance))
    response = await _page(request, namespace, name, found)
    response.headers["Refresh"] = f"{found.seconds}; url={request.app.ctx.addresses.url('instance_key', namespace=namespace, name=name)}"
    return response


async def rotate(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """Ask the operator for a new key, and lead to the page that shows when there is one."""
    kube: KubeClient = request.ctx.source.kube
    try:
        patch = rotation_patch(datetime.now(UTC).isoformat(), sent_values(request).get("grace", ""))
    except ValueError as error:
        raise Invalid(str(error), advice="Load the page again.") from None
    if (await kube.get_instance(namespace, name))["spec"].get("paused"):
        raise Invalid(f"{name} is paused, so the operator leaves its key alone", advice="Turn Paused off first.")
    await kube.patch(INSTANCE.path(namespace, name), patch, STRICT)
    return HTTPResponse(status=303, headers={"Location": request.app.ctx.addresses.url("instance_key", namespace=namespace, name=name)})


async def show_rotation(request: Request[Any, Any], namespace: str, name: str) -> HTTPResponse:
    """How far the replacement of the key is: a part of the page, which asks for it by itself."""
    instance = await request.ctx.source.get_instance(namespace, name)
    response: HTTPResponse = request.app.ctx.templates.render(
        request, "key-rotation.html", namespace=namespace, name=name, rotation=rotation_of(instance, datetime.now(UTC))
    )
    return response


async def _page(request: Request[Any, Any], namespace: str, name: str, found: Revealed | None = None) -> HTTPResponse:
    source: Source = request.ctx.source
    instance = await source.get_instance(namespace, name)
    secret = secret_of(instance)
    response: HTTPResponse = request.app.ctx.templates.render(
        request,
        "key.html",
        # The length of a compressed page would tell of a key beside a text that somebody else can choose.
        compress=found is None,
        namespace=namespace,
        name=name,
        tabs=await instance_tabs(request, namespace, name),
        secret=secret,
        url_of_instance=url_of(instance),
        revealed=found,
        rotation=rotation_of(instance, datetime.now(UTC)),
        is_paused=instance["spec"].get("paused") is True,
        grace_periods=GRACE_PERIODS,
        usual_grace=USUAL_GRACE,
        may_see=await source.may("get", SECRET.plural, namespace, secret),
        may_rotate=await source.may("patch", PLURAL, namespace, name),
    )
    return response


ROUTES = (
    Route("instance_key", "/instances/<namespace:str>/<name:str>/key", show),
    Route("reveal_key", "/instances/<namespace:str>/<name:str>/key", reveal, methods=("POST",)),
)
CLUSTER_ROUTES = (
    Route("rotate_key", "/instances/<namespace:str>/<name:str>/key/rotate", rotate, methods=("POST",)),
    Route("key_rotation", "/instances/<namespace:str>/<name:str>/key/rotation", show_rotation, background=True),
)
