"""Two tenants cannot reach each other: not by a credential, and not by the network."""

import time
from collections.abc import Iterator

import jwt
import pytest

from tests.cluster.usage import manifests
from tests.cluster.usage.instances import Instance, Tenant
from tests.harness.cluster import Namespace

SIDECAR, REDIS = 8080, 6379

_CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2).close()
except OSError as error:
    print(type(error).__name__)
else:
    print("connected")
"""


@pytest.fixture(scope="module")
def callers(blue: Tenant, green: Tenant) -> Iterator[dict[str, Namespace]]:
    """A pod `caller` in the namespace of each tenant and in that of the ingress controller."""
    namespaces = {"blue": blue.kubectl, "green": green.kubectl, "ingress": Namespace("projectcontour")}
    for kubectl in namespaces.values():
        kubectl.apply(manifests.client_pod("caller"))
    for kubectl in namespaces.values():
        kubectl("wait", "pod", "caller", "--for=condition=Ready", "--timeout=50s")
    yield namespaces
    for kubectl in namespaces.values():
        kubectl("delete", "pod", "caller", "--wait=false")


def connects(caller: Namespace, instance: Instance, port: int) -> bool:
    """Whether a pod in the caller's namespace can connect to a port of the instance's pod."""
    output = caller("exec", "caller", "--", "python", "-c", _CONNECT, instance.pod_ip, str(port)).strip()
    assert output in ("connected", "TimeoutError", "ConnectionRefusedError"), output
    return output == "connected"


def test_a_key_opens_no_other_instance(blue: Tenant, green: Tenant) -> None:
    mine, other = blue.instance("valkey").wait_until_serving(), green.instance("elsewhere").wait_until_serving()
    assert other.status_of(other.api_key) == 200
    assert other.status_of(mine.api_key) == 401
    assert mine.status_of(other.api_key) == 401


def test_a_token_opens_no_other_instance_whatever_it_says(blue: Tenant, green: Tenant) -> None:
    mine, other = blue.instance("valkey").wait_until_serving(), green.instance("elsewhere").wait_until_serving()

    def token(audience: str) -> str:
        return jwt.encode({"aud": audience, "exp": time.time() + 60, "scope": "admin"}, mine.api_key, algorithm="HS256")

    assert mine.status_of(token("valkey")) == 200
    assert other.status_of(token("valkey")) == 401
    assert other.status_of(token("elsewhere")) == 401


def test_only_the_ingress_controllers_namespace_connects_to_the_gateway(blue: Tenant, callers: dict[str, Namespace]) -> None:
    instance = blue.instance("valkey").wait_until_serving()
    assert {name: connects(caller, instance, SIDECAR) for name, caller in callers.items()} == {
        "blue": False,
        "green": False,
        "ingress": True,
    }


def test_nobody_connects_to_redis(blue: Tenant, callers: dict[str, Namespace]) -> None:
    instance = blue.instance("valkey").wait_until_serving()
    assert not any(connects(caller, instance, REDIS) for caller in callers.values())


def test_without_its_network_policy_an_instance_opens_the_gateway_and_not_redis(blue: Tenant, callers: dict[str, Namespace]) -> None:
    instance = blue.instance("open").wait_until_serving()
    assert connects(callers["green"], instance, SIDECAR)
    assert not connects(callers["green"], instance, REDIS)
