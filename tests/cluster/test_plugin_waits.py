"""Commands that wait for what they changed, against a real API server. No operator runs: a test writes what it would write."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import COMMAND, LIMIT_SECONDS, kuberedis
from tests.cluster.plugin_commands import HERE, IN_HERE, READY, answer, event, exists, refusal, said, spec_of, write_status
from tests.harness.control_plane import ControlPlane, running_control_plane
from tests.harness.custom_resource import install_custom_resource

pytestmark = pytest.mark.usefixtures("control_plane")


@pytest.fixture(scope="module")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with running_control_plane(tmp_path_factory.mktemp("control-plane")) as plane:
        install_custom_resource()
        HERE.out("create", "namespace", HERE.namespace)
        yield plane


def test_who_waits_is_told_why_until_the_instance_is_ready(tmp_path: Path) -> None:
    creator = subprocess.Popen([*COMMAND, "create", "awaited", "--wait", *IN_HERE], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        assert creator.stdout is not None
        assert creator.stdout.readline() == "awaited is created\n"
        assert creator.stdout.readline() == "waiting for awaited to be ready: the operator has not seen it yet\n"
        starting = {
            "type": "Ready",
            "observedGeneration": 1,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
            "status": "False",
            "reason": "PodNotReady",
            "message": "the pod\x1b[31m is starting",
        }
        write_status("awaited", {"conditions": [starting]})
        assert creator.stdout.readline() == "waiting for awaited to be ready: the pod\\x1b[31m is starting (PodNotReady)\n"
        write_status("awaited", {**READY, "url": "https://redis.example.com/awaited"})
        rest, _ = creator.communicate(timeout=LIMIT_SECONDS)
        assert (rest, creator.returncode) == ("awaited is ready at https://redis.example.com/awaited\n", 0)
    finally:
        creator.kill()
        creator.communicate()
    assert answer(tmp_path, "set", "awaited", "evictionPolicy=noeviction", "--wait", "-o", "json", *IN_HERE)["status"]["url"]


def test_an_instance_that_does_not_get_ready_has_a_reason(tmp_path: Path) -> None:
    said(tmp_path, "create", "stuck")
    write_status("stuck", READY)
    happened = event("stuck-0", "Pod", "FailedScheduling", "0/3 nodes are available") | {
        "type": "Warning",
        "lastTimestamp": "2126-01-01T00:00:00Z",
    }
    HERE.out("create", "--filename=-", stdin=json.dumps(happened))
    done = kuberedis("set", "stuck", "config.hz=50", "--wait", "--timeout", "1", "-o", "json", *IN_HERE, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads(done.stderr)["error"] == (
        "stuck is not ready after 1 s: the operator has not seen it yet; the last warning is of Pod/stuck-0: 0/3 nodes are available"
        " (FailedScheduling); `kuberedis doctor stuck` says more"
    )
    assert refusal(tmp_path, "set", "stuck", "paused=true", "--wait", *IN_HERE).startswith("stuck is paused, so the operator does nothing")
    assert spec_of("stuck")["paused"] is False
    assert said(tmp_path, "delete", "stuck", "--yes", "--wait")[-1] == "stuck is gone"
    assert not exists("stuck")
