"""Tokens that are revoked from the command line, on a real cluster: the mounted Secret changes at once, also one of its owner's."""

import base64
import threading
import time
from pathlib import Path

import httpx
import jwt
import pytest

from tests.cli.command import kuberedis
from tests.cluster.gateway import key_of, status_with, wait_until_ready, write
from tests.harness.cluster import Namespace, instance
from tests.harness.operator import Operator
from tests.harness.waiting import wait_until

OWN_KEY = "my-own-key-0123456789-0123456789-0123456789"
SOON = 8.0
"""Seconds. The kubelet alone would take up to a minute and a half."""


@pytest.mark.parametrize("own_secret", [False, True])
def test_revoked_token_is_refused_soon_with_its_streams_and_waits(
    operator: Operator, cluster: Namespace, tmp_path: Path, own_secret: bool
) -> None:
    name = f"revoked-{int(own_secret)}"
    if own_secret:
        data = {"api_key": base64.b64encode(OWN_KEY.encode()).decode()}
        cluster.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"{name}-auth"}, "data": data})
    cluster.apply(instance(name, limits={"maxTokenSeconds": 600}))
    url = wait_until_ready(cluster, name)
    key = key_of(cluster, name)
    write(url, key, "hello")

    def run(*arguments: str) -> str:
        done = kuberedis("token", *arguments, "--namespace", cluster.name, cwd=tmp_path)
        assert done.returncode == 0, done
        return done.stdout.strip()

    token, other = run(name, "--ttl", "5m"), run(name, "--ttl", "5m")
    if not own_secret:
        assert jwt.decode(run(name), key, algorithms=["HS256"], audience=name)["jti"]
        refused = kuberedis("token", name, "--ttl", "11m", "--namespace", cluster.name, cwd=tmp_path)
        assert "accepts tokens for 600 seconds at most" in refused.stderr
    ended: dict[str, float] = {}

    def wait_in_redis() -> None:
        headers = {"Authorization": f"Bearer {token}"}
        httpx.post(url, json=["BLPOP", "nothing", "0"], headers=headers, timeout=120)
        ended["wait"] = time.monotonic()

    def listen() -> None:
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.stream("POST", f"{url}/subscribe/news", headers=headers, timeout=120) as stream:
            list(stream.iter_lines())
        ended["stream"] = time.monotonic()

    threads = [threading.Thread(target=one, daemon=True) for one in (wait_in_redis, listen)]
    for thread in threads:
        thread.start()
    assert (status_with(url, token), status_with(url, other)) == (200, 200)
    began = time.monotonic()
    assert "revoked" in run("revoke", token)
    written = time.monotonic()
    wait_until(lambda: status_with(url, token) == 401, limit_seconds=SOON, what="the revoked token refused")
    ended["request"] = time.monotonic()
    for thread in threads:
        thread.join(SOON)
    print({what: round(moment - began, 2) for what, moment in {"written": written, **ended}.items()})  # noqa: T201 a measurement
    assert ended.keys() == {"wait", "stream", "request"}
    assert max(ended.values()) - began < SOON
    assert status_with(url, other) == 200
    before = cluster.get("secret", f"{name}-auth")
    assert before is not None
    cluster("annotate", "redishttpinstance", name, "cache.yourcompany.com/rotate-key=one", "--overwrite")
    if not own_secret:
        wait_until(lambda: key_of(cluster, name) != key, limit_seconds=SOON, what="a new key")
    after = cluster.get("secret", f"{name}-auth")
    assert after is not None
    assert after["data"]["revoked_jti"] == before["data"]["revoked_jti"]
    assert status_with(url, token) == 401
    assert token not in operator.log()
