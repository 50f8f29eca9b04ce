"""A script that cannot be stopped costs its instance one restart of Redis, which an Event tells; no acknowledged write is lost."""

import json
import time
from collections.abc import Callable

import httpx
import jwt
import pytest

from tests.cluster.gateway import key_of, wait_until_ready
from tests.harness.cluster import Namespace, condition, instance
from tests.harness.operator import Operator
from tests.harness.waiting import wait_until

_SERVES_AGAIN_SECONDS = 30
_EVENT_SECONDS = 30


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("written", "redis.call('SET', KEYS[1], 'half') while true do end"),
        ("pattern", "return string.find(string.rep('a', 400), string.rep('.-', 12) .. 'b')"),
    ],
)
def test_instance_serves_again_after_an_endless_script(
    operator: Operator, cluster: Namespace, record_property: Callable[[str, object], None], name: str, script: str
) -> None:
    cluster.apply(instance(name))
    url, key = wait_until_ready(cluster, name), key_of(cluster, name)
    token = jwt.encode({"aud": name, "exp": int(time.time()) + 600, "acl": "~mine:* +@all"}, key, algorithm="HS256")

    def send(bearer: str, *command: str) -> httpx.Response:
        return httpx.post(url, headers={"Authorization": f"Bearer {bearer}"}, json=command, timeout=30)

    assert send(key, "SET", "acknowledged", "1").status_code == 200
    started = time.monotonic()
    assert send(token, "EVAL", script, "1", "mine:half").status_code == 503
    record_property("answered after", time.monotonic() - started)
    wait_until(lambda: send(key, "GET", "acknowledged").status_code == 200, limit_seconds=_SERVES_AGAIN_SECONDS, what="an answer")
    record_property("served again after", time.monotonic() - started)
    assert send(key, "GET", "acknowledged").json() == {"result": "1"}
    assert send(key, "EXISTS", "mine:half").json() == {"result": 0}
    assert int(send(token, "EVAL", "return 1", "0").headers["retry-after"]) > 500

    def told() -> list[str]:
        events = json.loads(cluster("get", "events", "--output=json"))["items"]
        return [event["type"] for event in events if event["reason"] == "ScriptNotStopped" and event["involvedObject"]["name"] == name]

    assert wait_until(told, limit_seconds=_EVENT_SECONDS, what="the Event") == ["Warning"]
    body = cluster.get("redishttpinstance", name) or {}
    assert condition(body, "Degraded")[:2] == ("True", "ScriptNotStopped")
    assert operator.running
