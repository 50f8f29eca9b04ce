"""A subscription is a response that does not end, and no part of the way to it ends it for that."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.cluster.usage.instances import Instance, Tenant


def after_a_silence(instance: Instance) -> str:
    """What comes over a subscription that was silent for so long that the sidecar sent a sign of life, which it does after 15 s."""
    with instance.client() as http, http.stream("GET", "/subscribe/news") as stream:
        assert stream.status_code == 200
        lines = stream.iter_lines()
        assert next(lines) == "data: subscribe,news,1"
        assert next(_signs_of_life(lines))
        http.post("/publish/news/hello").raise_for_status()
        return next(line for line in lines if line.startswith("data: "))


def _signs_of_life(lines: Iterator[str]) -> Iterator[str]:
    return (line for line in lines if line.startswith(":"))


def test_a_silent_subscription_lasts_through_an_ingress_and_through_a_gateway(blue: Tenant) -> None:
    instances = [blue.instance(name).wait_until_serving() for name in ("streamed", "routed")]
    assert [bool(blue.objects.get("HTTPRoute", blue.namespace, one.name)) for one in instances] == [False, True]
    with ThreadPoolExecutor() as clients:
        try:
            received = list(clients.map(after_a_silence, instances))
        except (httpx.TransportError, StopIteration) as error:
            raise AssertionError("a subscription was ended on its way") from error
    assert received == ["data: message,news,hello"] * 2
