"""Whether a sidecar logs requests changes in a file of the running pod."""

import pytest

from kuberedis_operator.resources.kinds import CONFIG_MAP, STATEFUL_SET
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import NAMESPACE, applied, apply
from tests.operator.handlers.objects import ObjectKey

pytestmark = pytest.mark.anyio


@pytest.mark.usefixtures("operator")
async def test_an_owner_has_requests_logged_without_a_restart(api_server: ApiServer) -> None:
    objects = api_server.objects
    instance = apply(objects)
    await applied(objects, instance)
    stateful_set, config_map = (
        ObjectKey(STATEFUL_SET, NAMESPACE, instance.name),
        ObjectKey(CONFIG_MAP, NAMESPACE, f"{instance.name}-config"),
    )
    template = objects[stateful_set]["spec"]["template"]
    assert objects[config_map]["data"]["access-log"] == "false"

    objects.edit(instance, {"spec": {"accessLog": True}})
    await until(lambda: objects[config_map]["data"]["access-log"] == "true", what="the access log")
    objects.edit(instance, {"spec": {"accessLog": None}})
    await until(lambda: objects[config_map]["data"]["access-log"] == "false", what="the end of the access log")
    assert objects[stateful_set]["spec"]["template"] == template
