"""An instance that no ingress controller can reach says which setting of the operator is missing."""

import pytest

from kuberedis_operator.resources.kinds import NETWORK_POLICY
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import NAMESPACE, applied, apply, condition, with_pod
from tests.operator.handlers.objects import ObjectKey
from tests.operator.handlers.running import Operator
from tests.operator.rendering import settings

pytestmark = pytest.mark.anyio


async def test_without_the_setting_nobody_is_let_in_and_the_condition_names_it(api_server: ApiServer) -> None:
    objects = api_server.objects
    async with Operator(api_server, settings(KUBEREDIS_INGRESS_NAMESPACES="")):
        instance = apply(objects)
        await applied(objects, instance)
        with_pod(objects, instance)
        await until(lambda: condition(objects, instance, "Ready").get("reason") == "RouteNotAdmitted", what="the condition")
        assert "KUBEREDIS_INGRESS_NAMESPACES" in condition(objects, instance, "Ready")["message"]
        assert objects[ObjectKey(NETWORK_POLICY, NAMESPACE, "my-cache")]["spec"]["ingress"] == []
