"""An instance as its clients reach it: over HTTP, through the cluster's ingress controller."""

import base64

import httpx

from kuberedis_core.crd.names import password_secret_name
from kuberedis_core.redis_info import parse_info
from tests.harness.cluster import READY_SECONDS, Namespace, is_ready
from tests.harness.waiting import wait_until

INGRESS_SECONDS = 20

_UNAUTHORIZED = 401


def wait_until_ready(cluster: Namespace, name: str) -> str:
    """Wait until an instance is ready and the ingress controller leads to its pod, and return its URL."""
    body = cluster.wait_for("redishttpinstance", name, is_ready, limit_seconds=READY_SECONDS, what="ready")
    url = str(body["status"]["url"])
    # A pod that replaced another is ready some moments before the ingress controller has its address.
    wait_until(lambda: httpx.get(f"{url}/ping").status_code == _UNAUTHORIZED, limit_seconds=INGRESS_SECONDS, what=f"an answer at {url}")
    return url


def key_of(cluster: Namespace, name: str, member: str = "api_key") -> str:
    """A key in the Secret of an instance; empty if it is missing."""
    secret = cluster.get("secret", f"{name}-auth") or {}
    return base64.b64decode(secret.get("data", {}).get(member, "")).decode()


def password_of(cluster: Namespace, name: str) -> str:
    """The password of the Redis of an instance."""
    secret = cluster.get("secret", password_secret_name(name)) or {}
    return base64.b64decode(secret.get("data", {}).get("password", "")).decode()


def status_with(url: str, key: str) -> int:
    """The status code of a read with this key."""
    return httpx.get(f"{url}/keys/greeting", headers={"Authorization": f"Bearer {key}"}).status_code


def write(url: str, key: str, value: str) -> None:
    """Write a value that `read` finds again."""
    httpx.post(f"{url}/keys/greeting", headers={"Authorization": f"Bearer {key}"}, json={"value": value}).raise_for_status()


def read(url: str, key: str) -> str:
    """The value."""
    answer = httpx.get(f"{url}/keys/greeting", headers={"Authorization": f"Bearer {key}"}).raise_for_status()
    return str(answer.json()["value"])


def persistence_of(url: str, key: str) -> dict[str, str]:
    """The section `persistence` of INFO."""
    answer = httpx.post(url, headers={"Authorization": f"Bearer {key}"}, json=["INFO", "persistence"]).raise_for_status()
    return parse_info(answer.json()["result"])
