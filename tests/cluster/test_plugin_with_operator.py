"""The commands on a serving instance: what they report, and that the command lines they print work."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.command import COMMAND, children_of, eventually, gone, kuberedis
from tests.cli.terminal import Terminal
from tests.harness.cluster import READY_SECONDS, Namespace
from tests.harness.kubectl import Kubectl
from tests.harness.waiting import wait_until

INSTANCE = """
apiVersion: cache.yourcompany.com/v1alpha1
kind: RedisHttpInstance
metadata: {name: my-cache}
spec: {capacity: 64Mi}
"""


@pytest.fixture(scope="module")
def kubectl(cluster: Namespace) -> Kubectl:
    return Kubectl(cluster.name)


@pytest.fixture(scope="module", autouse=True)
def instance(kubectl: Kubectl, operator: object) -> None:  # noqa: ARG001 it makes the instance serve
    """my-cache, which serves."""
    assert kubectl.apply(INSTANCE).returncode == 0
    kubectl.out("wait", "--for=condition=Ready", "rhi/my-cache", f"--timeout={READY_SECONDS}s")


def output_of(kubectl: Kubectl, tmp_path: Path, *arguments: str) -> str:
    done = kuberedis(*arguments, "--namespace", kubectl.namespace, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


@contextmanager
def proxy(kubectl: Kubectl, tmp_path: Path, *arguments: str) -> Iterator[Terminal]:
    """`kuberedis proxy` on a terminal, once it has printed its address."""
    terminal = Terminal([*COMMAND, "-n", kubectl.namespace, "proxy", "my-cache", *arguments], tmp_path, columns=400)
    try:
        eventually(lambda: "| curl" in terminal.text)
        yield terminal
    finally:
        terminal.end()


def url_in(terminal: Terminal) -> str:
    return terminal.text.partition(" answers at ")[2].partition(" ")[0]


def test_list_says_that_it_serves(kubectl: Kubectl, tmp_path: Path) -> None:
    [row] = json.loads(output_of(kubectl, tmp_path, "list"))
    assert (row["name"], row["ready"]) == ("my-cache", "True")
    assert row["url"].endswith("/instances/my-cache")


def test_status_shows_memory_keys_and_clients(kubectl: Kubectl, tmp_path: Path) -> None:
    key = output_of(kubectl, tmp_path, "key", "my-cache").strip()
    with proxy(kubectl, tmp_path, "--port", "0") as terminal, client(url_in(terminal), key) as http:
        http.post("/keys/a", json={"value": "1"}).raise_for_status()
    report: dict[str, Any] = json.loads(output_of(kubectl, tmp_path, "status", "my-cache"))
    assert report["notes"] == []
    assert report["figures"]["memory_max_bytes"] == 32 * 2**20
    assert 0 < report["figures"]["memory_used_bytes"] < 32 * 2**20
    assert report["figures"]["keys"] >= 1
    assert report["figures"]["connected_clients"] >= 1
    [pod] = report["pods"]
    assert {container["name"]: container["restarts"] for container in pod["containers"]} == {"redis": 0, "sidecar": 0}
    assert {condition["type"] for condition in report["conditions"]} >= {"Ready", "Progressing", "Degraded"}
    assert report["events"]


def test_status_shows_that_redis_refuses_a_setting(kubectl: Kubectl, tmp_path: Path) -> None:
    def configure(value: str | None) -> None:
        patch = {"spec": {"config": {"maxmemry-samples": value}}}
        kubectl.out("patch", "rhi", "my-cache", "--type=merge", "--patch", json.dumps(patch))

    def refused() -> object:
        return json.loads(output_of(kubectl, tmp_path, "status", "my-cache"))["figures"]["refused_settings"]

    configure("5")
    wait_until(lambda: refused() == 1, limit_seconds=READY_SECONDS, what="a refused setting")
    text = output_of(kubectl, tmp_path, "status", "my-cache", "--output", "text")
    assert "Redis refuses 1 of its settings, and may not start again; see kubectl" in " ".join(text.split())
    configure(None)
    wait_until(lambda: refused() == 0, limit_seconds=READY_SECONDS, what="no refused setting")


def test_the_printed_line_reaches_redis_and_holds_no_key(kubectl: Kubectl, tmp_path: Path) -> None:
    key = output_of(kubectl, tmp_path, "key", "my-cache").strip()
    with proxy(kubectl, tmp_path, "--port", "0") as terminal:
        [line] = [line for line in terminal.text.splitlines() if "| curl" in line]
        assert key not in terminal.text
        shell = line.strip().replace("$(kuberedis ", f"$({' '.join(COMMAND)} ").replace("| curl", "| curl -sS")
        done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True, timeout=60)  # noqa: S607 the user's own
        assert json.loads(done.stdout) == {"status": "OK"}


def test_a_token_from_the_cluster_reaches_what_it_says(kubectl: Kubectl, tmp_path: Path) -> None:
    token = output_of(kubectl, tmp_path, "token", "my-cache", "--scope", "read").strip()
    with proxy(kubectl, tmp_path, "--port", "0") as terminal, client(url_in(terminal), token) as reader:
        assert reader.get("/keys/none").status_code == 404
        assert reader.post("/keys/none", json={"value": "1"}).status_code == 403


def test_ctrl_c_ends_the_proxy_and_what_it_started(kubectl: Kubectl, tmp_path: Path) -> None:
    with proxy(kubectl, tmp_path, "--port", "0") as terminal:
        forwards = children_of(terminal.process.pid)
        assert forwards
        terminal.press("\x03")
        ended = terminal.process.wait(20)
        assert ended == 0, terminal.text
        eventually(lambda: "stopped" in terminal.text and all(gone(forward) for forward in forwards))
        with pytest.raises(httpx.TransportError):
            httpx.get(url_in(terminal), trust_env=False)


def test_a_port_that_is_taken_is_named(kubectl: Kubectl, tmp_path: Path) -> None:
    with proxy(kubectl, tmp_path, "--port", "0") as terminal:
        port = url_in(terminal).partition("127.0.0.1:")[2].partition("/")[0]
        done = kuberedis("proxy", "my-cache", "--port", port, "-n", kubectl.namespace, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (
            1,
            f"kuberedis: port {port} is taken; choose another with --port, or a free one with --port 0\n",
        )


def test_rotate_gives_a_new_key_and_the_old_one_serves_on(kubectl: Kubectl, tmp_path: Path) -> None:
    old = output_of(kubectl, tmp_path, "key", "my-cache").strip()
    rotated = json.loads(output_of(kubectl, tmp_path, "rotate", "my-cache", "--grace", "10m"))
    new = output_of(kubectl, tmp_path, "key", "my-cache").strip()
    assert rotated["previous_key_expires_at"]
    assert new != old
    with (
        proxy(kubectl, tmp_path, "--port", "0") as terminal,
        client(url_in(terminal), new) as with_new,
        client(url_in(terminal), old) as with_old,
    ):
        wait_until(lambda: with_new.get("/keys/none").status_code == 404, limit_seconds=30, what="the new key to be valid")
        assert with_old.get("/keys/none").status_code == 404


def test_restart_replaces_the_pod_and_keeps_the_data(kubectl: Kubectl, tmp_path: Path) -> None:
    key = output_of(kubectl, tmp_path, "key", "my-cache").strip()
    with proxy(kubectl, tmp_path, "--port", "0") as terminal, client(url_in(terminal), key) as http:
        http.post("/keys/before", json={"value": "1"}).raise_for_status()
    before = kubectl.out("get", "pod", "my-cache-0", "--output=jsonpath={.metadata.uid}")
    steps = [json.loads(line) for line in output_of(kubectl, tmp_path, "restart", "my-cache").splitlines()]
    assert [step["event"] for step in steps] == ["restarting", "restarted"]
    uid = kubectl.out("get", "pod", "my-cache-0", "--output=jsonpath={.metadata.uid}")
    assert (steps[-1]["pods"], uid == before) == ([uid], False)
    kubectl.out("wait", "--for=condition=Ready", "rhi/my-cache", f"--timeout={READY_SECONDS}s")
    with proxy(kubectl, tmp_path, "--port", "0") as terminal, client(url_in(terminal), key) as http:
        assert http.get("/keys/before").json()["value"] == "1"


def test_a_pod_that_was_replaced_ends_the_proxy_with_the_reason(kubectl: Kubectl, tmp_path: Path) -> None:
    with proxy(kubectl, tmp_path, "--port", "0") as terminal:
        kubectl.out("delete", "pod", "my-cache-0")
        wait_until(lambda: has_ended_after_a_request(terminal), limit_seconds=30, what="the proxy to end")
        assert terminal.process.wait() == 1
        eventually(lambda: "the connection to the pod is lost" in terminal.text)
    kubectl.out("wait", "--for=condition=Ready", "rhi/my-cache", f"--timeout={READY_SECONDS}s")


def has_ended_after_a_request(terminal: Terminal) -> bool:
    """kubectl notices that the pod is another when it has something to forward."""
    with suppress(httpx.TransportError):
        httpx.get(url_in(terminal), trust_env=False)
    return terminal.process.poll() is not None


def client(url: str, bearer: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {bearer}"}, trust_env=False)
