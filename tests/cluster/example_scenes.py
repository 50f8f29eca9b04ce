"""What the examples of docs/reference/cli.md are about: an instance my-cache in team-a, and what an operator would do with it."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta

from tests.cli.command import LIMIT_SECONDS
from tests.cluster.plugin_commands import KEY, READY, annotations, event, manifest, operator_that_rotates, write_status
from tests.harness.kubectl import Kubectl
from tests.harness.waiting import wait_until

TEAM = Kubectl("team-a")

_NAME, _POD = "my-cache", "my-cache-0"
_RESTART = "cache.yourcompany.com/restart"
_NO_IMAGE = "image 'valkey/valkey:8' cannot be pulled: not found"


def make_namespace() -> None:
    """Make the namespace, and wait until pods may be made in it."""
    TEAM.out("create", "namespace", TEAM.namespace)
    wait_until(lambda: TEAM.run("get", "serviceaccount", "default").returncode == 0, limit_seconds=LIMIT_SECONDS)


@contextmanager
def scene(section: str) -> Iterator[None]:
    """Have what the examples of a section are about, and during the block what an operator does."""
    TEAM.out("delete", "rhi,pods,secrets,events", "--all", "--grace-period=0", "--force")
    if section != "create":
        _create(manifest(_NAME))
    with _SCENES.get(section, nullcontext)():
        yield


def _create(body: dict[str, object]) -> None:
    TEAM.out("create", "--filename=-", stdin=json.dumps(body))


def _ready() -> None:
    """The instance serves, and has a key."""
    write_status(_NAME, {**READY, "url": f"https://redis.example.com/instances/{_NAME}"}, TEAM)
    data = {"api_key": base64.b64encode(KEY.encode()).decode()}
    _create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"{_NAME}-auth"}, "data": data})


def _without_image(name: str) -> None:
    """The image of the instance cannot be pulled."""
    condition = {
        "type": "Ready",
        "status": "False",
        "reason": "ImagePullFailed",
        "message": _NO_IMAGE,
        "lastTransitionTime": _two_days_ago(),
        "observedGeneration": 1,
    }
    write_status(name, {**READY, "conditions": [condition], "url": f"https://redis.example.com/instances/{name}"}, TEAM)


def _two_days_ago() -> str:
    return f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"


def _make_pod(condition: dict[str, str] | None = None) -> None:
    containers = [{"name": name, "image": name} for name in ("redis", "sidecar")]
    _create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": _POD}, "spec": {"containers": containers}})
    if condition:
        status = json.dumps({"status": {"conditions": [condition]}})
        TEAM.out("patch", "pod", _POD, "--subresource=status", "--type=merge", "--patch", status)


@contextmanager
def _key() -> Iterator[None]:
    _ready()
    yield


@contextmanager
def _two() -> Iterator[None]:
    _ready()
    _create(manifest("feature-flags"))
    _without_image("feature-flags")
    yield


@contextmanager
def _pulling() -> Iterator[None]:
    _without_image(_NAME)
    _make_pod()
    found = event(_NAME, "RedisHttpInstance", "ImagePullFailed", _NO_IMAGE)
    about = {**found["involvedObject"], "namespace": TEAM.namespace}
    _create({**found, "involvedObject": about, "firstTimestamp": _two_days_ago(), "lastTimestamp": _two_days_ago()})
    yield


@contextmanager
def _rotating() -> Iterator[None]:
    _ready()
    with operator_that_rotates(_NAME, TEAM, rotatedAt="2126-01-01T00:00:00Z", previousKeyExpiresAt="2126-01-01T00:30:00Z"):
        yield


@contextmanager
def _creating() -> Iterator[None]:
    def operate() -> None:
        wait_until(lambda: TEAM.out("get", "rhi", _NAME, "--ignore-not-found", "--output=name"), limit_seconds=LIMIT_SECONDS)
        _ready()

    operator = threading.Thread(target=operate)
    operator.start()
    yield
    operator.join()


@contextmanager
def _restarting() -> Iterator[None]:
    _ready()
    _make_pod()

    def operate() -> None:
        wait_until(lambda: _RESTART in annotations(_NAME, TEAM), limit_seconds=LIMIT_SECONDS)
        TEAM.out("delete", "pod", _POD, "--grace-period=0", "--force")
        _make_pod({"type": "Ready", "status": "True"})

    operator = threading.Thread(target=operate)
    operator.start()
    yield
    operator.join()


_SCENES: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "create": _creating,
    "list": _two,
    "status": _pulling,
    "events": _pulling,
    "token": _key,
    "token inspect": _key,
    "token revoke": _key,
    "rotate": _rotating,
    "restart": _restarting,
}
