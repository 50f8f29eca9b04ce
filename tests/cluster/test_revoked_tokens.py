"""Tokens that are revoked from the command line, on a real cluster: the mounted Secret changes at once, also one of its owner's."""

import base64
import json
import threading
import time
from contextlib import suppress

import httpx
import jwt
import pytest

from kuberedis_cli.cluster.options import Access
from kuberedis_cli.places import Place
from kuberedis_cli.token.key_source import KeySource
from kuberedis_cli.token.revocation import revoke_token
from kuberedis_core.signing import mint
from tests.cluster.gateway import key_of, status_with, wait_until_ready, write
from tests.harness.cluster import Namespace, instance
from tests.harness.operator import Operator
from tests.harness.waiting import wait_until

OWN_KEY = "my-own-key-0123456789-0123456789-0123456789"
SOON = 8.0
"""Seconds. The kubelet alone would take up to a minute and a half."""


@pytest.mark.parametrize(("by_command", "own_secret"), [(True, False), (True, True), (False, False)])
def test_revoked_token_is_refused_soon_with_its_streams_and_waits(
    operator: Operator, cluster: Namespace, by_command: bool, own_secret: bool
) -> None:
    name = f"revoked-{int(by_command)}{int(own_secret)}"
    if own_secret:
        data = {"api_key": base64.b64encode(OWN_KEY.encode()).decode()}
        cluster.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"{name}-auth"}, "data": data})
    cluster.apply(instance(name, limits={"maxTokenSeconds": 600}))
    url = wait_until_ready(cluster, name)
    key = key_of(cluster, name)
    write(url, key, "hello")

    # In this process, because its start would be measured as well.
    source = KeySource(Place(None, Access(cluster.name, None, None)))
    signing = source.signing_of(name)
    assert signing.keys == (key,)
    assert signing.max_token_seconds == (None if own_secret else 600)
    token, other = (mint(signing.keys[0], name, ttl_seconds=300) for _ in range(2))
    ended: dict[str, float] = {}

    def wait_in_redis() -> None:
        headers = {"Authorization": f"Bearer {token}"}
        httpx.post(url, json=["BLPOP", "nothing", "0"], headers=headers, timeout=120)
        ended["wait"] = time.monotonic()

    def listen() -> None:
        headers = {"Authorization": f"Bearer {token}"}
        with suppress(httpx.RemoteProtocolError), httpx.stream("POST", f"{url}/subscribe/news", headers=headers, timeout=120) as stream:
            # The ingress controller ends every answer after a while.
            list(stream.iter_lines())
        ended["stream"] = time.monotonic()

    threads = [threading.Thread(target=one, daemon=True) for one in (wait_in_redis, listen)]
    for thread in threads:
        thread.start()
    assert (status_with(url, token), status_with(url, other)) == (200, 200)
    began = time.monotonic()
    if by_command:
        assert "revoked" in revoke_token(token, None, source)
    else:
        line = base64.b64encode(jwt.decode(token, options={"verify_signature": False})["jti"].encode()).decode()
        cluster("patch", "secret", f"{name}-auth", "--patch", json.dumps({"data": {"revoked_jti": line}}))
    written = time.monotonic()
    wait_until(lambda: status_with(url, token) == 401, limit_seconds=SOON, what="the revoked token refused")
    ended["request"] = time.monotonic()
    for thread in threads:
        thread.join(SOON)
    print({what: round(moment - began, 2) for what, moment in {"written": written, **ended}.items()})  # noqa: T201 a measurement
    assert ended.keys() == {"wait", "stream", "request"}
    assert max(ended.values()) - written < SOON
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
