"""Two namespaces with instances, and the commands that show and change them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cli.command import LIMIT_SECONDS, kuberedis
from tests.harness.kubectl import Kubectl
from tests.harness.waiting import wait_until

HERE, ELSEWHERE = Kubectl("plugin-here"), Kubectl("plugin-elsewhere")
IN_HERE = ("-n", HERE.namespace)

KEY = "k" * 43

READY = {
    "conditions": [
        {
            "type": "Ready",
            "status": "True",
            "reason": "Serving",
            "message": "serving",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
            "observedGeneration": 1,
        }
    ],
    "url": "https://redis.example.com/instances/user-cache",
    "version": "8.2",
    "capacity": "64Mi",
    "maxmemory": "32Mi",
    "memoryLimit": "112Mi",
}


def manifest(name: str, **spec: object) -> dict[str, Any]:
    return {
        "apiVersion": "cache.yourcompany.com/v1alpha1",
        "kind": "RedisHttpInstance",
        "metadata": {"name": name},
        "spec": {"capacity": "64Mi", **spec},
    }


def write_status(name: str, status: dict[str, Any], kubectl: Kubectl = HERE) -> None:
    """Write a status as the operator does."""
    kubectl.out("patch", "rhi", name, "--subresource=status", "--type=merge", "--patch", json.dumps({"status": status}))


def annotations(name: str, kubectl: Kubectl = HERE) -> dict[str, str]:
    found: dict[str, str] = json.loads(kubectl.out("get", "rhi", name, "--output=jsonpath={.metadata.annotations}") or "{}")
    return found


def answer(cwd: Path, *arguments: str) -> Any:
    """The JSON that a successful command prints."""
    done = kuberedis(*arguments, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, ""), done
    return json.loads(done.stdout)


def refusal(cwd: Path, *arguments: str) -> str:
    """The one line of standard error of a command that failed."""
    done = kuberedis(*arguments, cwd=cwd)
    assert (done.returncode, done.stdout) == (1, ""), done
    [line] = done.stderr.splitlines()
    return line.removeprefix("kuberedis: ")


def said(cwd: Path, *arguments: str) -> list[str]:
    """The lines of a successful command about an instance here."""
    done = kuberedis(*arguments, *IN_HERE, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout.splitlines()


def spec_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(HERE.out("get", "rhi", name, "--output=jsonpath={.spec}"))
    return found


def exists(name: str) -> bool:
    return HERE.out("get", "rhi", name, "--ignore-not-found", "--output=name") != ""


def event(about: str, kind: str, reason: str, message: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{about}."},
        "involvedObject": {"kind": kind, "name": about, "namespace": "plugin-here"},
        "type": "Normal",
        "reason": reason,
        "message": message,
        "firstTimestamp": "2026-01-01T00:00:00Z",
        "lastTimestamp": "2026-01-01T00:00:00Z",
        "count": 1,
    }


@contextmanager
def operator_that_rotates(name: str, kubectl: Kubectl = HERE, **answer: str | None) -> Iterator[None]:
    """Handle the next request for a new key by writing this `status.keyRotation`."""
    before = annotations(name, kubectl).get("cache.yourcompany.com/rotate-key")

    def operate() -> None:
        def request() -> str | None:
            now = annotations(name, kubectl).get("cache.yourcompany.com/rotate-key")
            return now if now != before else None

        write_status(name, {"keyRotation": {"request": wait_until(request, limit_seconds=LIMIT_SECONDS), **answer}}, kubectl)

    operator = threading.Thread(target=operate)
    operator.start()
    yield
    operator.join()
