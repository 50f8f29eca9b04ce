"""Commands that change and show instances, against a real API server with the schema of the custom resource. No operator runs."""

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kuberedis_core.credentials import InstanceKey, new_key
from kuberedis_core.signing import mint
from tests.cli.command import COMMAND, LIMIT_SECONDS, eventually, kuberedis
from tests.cli.reference import Place, check, of_place
from tests.cli.terminal import Terminal
from tests.cli.test_reaching_redis import parts_of
from tests.cluster.example_scenes import make_namespace, scene
from tests.cluster.plugin_commands import HERE, IN_HERE, KEY, READY, answer, event, exists, refusal, said, spec_of, write_status
from tests.harness.console_examples import Example
from tests.harness.control_plane import NOBODY, ControlPlane, running_control_plane
from tests.harness.custom_resource import install_custom_resource
from tests.harness.scripted_kubelet import ScriptedKubelet

pytestmark = pytest.mark.usefixtures("control_plane")


@pytest.fixture(scope="module")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with running_control_plane(tmp_path_factory.mktemp("control-plane")) as plane:
        install_custom_resource()
        HERE.out("create", "namespace", HERE.namespace)
        make_namespace()
        yield plane


def test_an_instance_is_created_with_what_was_asked_for(tmp_path: Path) -> None:
    options = ("--capacity", "128Mi", "--persistence", "rdb", "config.hz=50", "ingress.enabled=false")
    assert said(tmp_path, "create", "made", *options, "--dry-run") == ["made would be created"]
    assert not exists("made")
    assert said(tmp_path, "create", "made", *options) == ["made is created; `kuberedis status made` shows its progress"]
    found = spec_of("made")
    assert (found["capacity"], found["persistence"], found["config"], found["ingress"]) == (
        "128Mi",
        "rdb",
        {"hz": "50"},
        {"enabled": False},
    )
    assert refusal(tmp_path, "create", "made", *IN_HERE) == "there is an instance made already; `kuberedis set made FIELD=VALUE` changes it"
    assert "there is no namespace nowhere; make it with" in refusal(tmp_path, "create", "made", "-n", "nowhere")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("create", "bad", "--replicas", "2"), "spec.replicas"),
        (("create", "bad", "--maxmemory", "2Gi"), "spec.maxmemory"),
        (("create", "bad", "config.dir=/etc"), "spec.config"),
        (("set", "kept", "capacity=lots"), "spec.capacity"),
        (("set", "kept", "storageClassName=fast"), "the API server "),
        (("set", "nobody", "replicas=3"), "there is no instance 'nobody'"),
    ],
)
def test_a_spec_that_cannot_be_used_is_refused(tmp_path: Path, arguments: tuple[str, ...], problem: str) -> None:
    if not exists("kept"):
        said(tmp_path, "create", "kept")
    before = spec_of("kept")
    assert refusal(tmp_path, *arguments, *IN_HERE).startswith(problem)
    assert not exists("bad")
    assert spec_of("kept") == before


def test_a_change_says_what_it_does_before_and_after(tmp_path: Path) -> None:
    said(tmp_path, "create", "changed", "--capacity", "64Mi")
    changes = ("capacity=128Mi", "version=8.2", "config.hz=50")
    would = said(tmp_path, "set", "changed", *changes, "--dry-run")
    assert would[:3] == ["spec.capacity: 64Mi -> 128Mi", "spec.config.hz: (none) -> 50", "spec.version: (none) -> 8.2"]
    assert would[-1] == "changed would be changed"
    assert "Redis restarts: for some seconds requests get 503 with Retry-After. No acknowledged write is lost." in would
    assert spec_of("changed")["capacity"] == "64Mi"
    did = said(tmp_path, "set", "changed", *changes)
    assert (did[:-1], did[-1]) == (would[:-1], "changed is changed")
    assert spec_of("changed")["capacity"] == "128Mi"
    assert said(tmp_path, "set", "changed", *changes) == ["changed is so already"]
    assert "restart" not in "".join(said(tmp_path, "set", "changed", "evictionPolicy=allkeys-lru"))
    said(tmp_path, "set", "changed", "config.hz=")
    assert spec_of("changed").get("config", {}) == {}


def test_objects_can_be_printed(tmp_path: Path) -> None:
    made = answer(tmp_path, "create", "printed", "--dry-run", "-o", "json", *IN_HERE)
    assert (made["kind"], made["metadata"]["name"], made["spec"]["capacity"]) == ("RedisHttpInstance", "printed", "1Gi")
    text = "\n".join(said(tmp_path, "create", "printed", "--dry-run", "-o", "yaml"))
    assert "kind: RedisHttpInstance" in text
    assert "managedFields" not in text


def test_deleting_says_what_stays_and_needs_a_yes(tmp_path: Path) -> None:
    said(tmp_path, "create", "gone")
    done = kuberedis("delete", "gone", *IN_HERE, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("kuberedis: nobody can be asked whether it shall be deleted; add --yes")
    stays = "Its volume stays with all data (deletionPolicy: Retain)."
    assert stays in said(tmp_path, "delete", "gone", "--dry-run")
    assert exists("gone")
    lines = said(tmp_path, "delete", "gone", "--yes")
    assert stays in lines
    assert lines[-1] == "gone is deleted"
    eventually(lambda: not exists("gone"))


def test_on_a_terminal_deleting_asks(tmp_path: Path) -> None:
    said(tmp_path, "create", "asked")
    for reply, code in (("n", 1), ("y", 0)):
        terminal = Terminal([*COMMAND, "delete", "asked", *IN_HERE], tmp_path)
        try:
            eventually(lambda terminal=terminal: "Delete asked in plugin-here? [y/N]" in terminal.text)  # type: ignore[misc]
            assert exists("asked")
            terminal.press(f"{reply}\r")
            assert terminal.process.wait(LIMIT_SECONDS) == code
        finally:
            terminal.end()
    eventually(lambda: not exists("asked"))


def test_local_mode_says_what_does_it_there(tmp_path: Path) -> None:
    (tmp_path / ".kuberedis").mkdir()
    assert "change its manifest, which `kuberedis local` watches" in refusal(tmp_path, "set", "any", "replicas=3")


def test_variables_of_an_instance_come_from_its_status_and_secret(tmp_path: Path) -> None:
    said(tmp_path, "create", "reached")
    data = {"api_key": base64.b64encode(KEY.encode()).decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "reached-auth"}, "data": data}
    HERE.out("create", "--filename=-", stdin=json.dumps(secret))
    assert refusal(tmp_path, "env", "reached", *IN_HERE).startswith("reached has no URL yet")
    write_status("reached", READY)
    assert answer(tmp_path, "env", "reached", "-o", "json", *IN_HERE) == {
        "UPSTASH_REDIS_REST_URL": READY["url"],
        "UPSTASH_REDIS_REST_TOKEN": KEY,
    }


def test_a_token_is_inspected_by_the_key_in_the_cluster(tmp_path: Path) -> None:
    said(tmp_path, "create", "signed")
    secret = {"kind": "Secret", "metadata": {"name": "signed-auth"}, "data": {"api_key": base64.b64encode(KEY.encode()).decode()}}
    HERE.out("create", "--filename=-", stdin=json.dumps({"apiVersion": "v1", **secret}))
    own = mint(InstanceKey(KEY), "signed", ttl_seconds=600)
    for token, code in ((own, 0), (mint(new_key(), "signed", ttl_seconds=600), 1)):
        done = kuberedis("token", "inspect", *IN_HERE, cwd=tmp_path, stdin=token)
        report = json.loads(done.stdout)
        assert (report["signature_checked"], report["accepted"], done.returncode) == (True, not code, code)
    done = kuberedis("token", "inspect", "-n", "nowhere", cwd=tmp_path, stdin=own)
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no instance 'signed' in namespace nowhere" in done.stderr


def test_events_are_shown_and_watched(tmp_path: Path) -> None:
    said(tmp_path, "create", "eventful")

    def happen(about: str, kind: str, reason: str) -> None:
        HERE.out("create", "--filename=-", stdin=json.dumps(event(about, kind, reason, "a\x1b[31m message")))

    happen("eventful", "RedisHttpInstance", "First")
    happen("eventful", "Deployment", "Foreign")
    assert [each["reason"] for each in answer(tmp_path, "events", "eventful", *IN_HERE)] == ["First"]
    watcher = subprocess.Popen(
        [*COMMAND, "events", "eventful", "-w", "-o", "text", *IN_HERE], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    try:
        assert watcher.stdout is not None
        assert " First " in watcher.stdout.readline()
        happen("elsewhere", "Pod", "Foreign")
        happen("data-eventful-0", "PersistentVolumeClaim", "Second")
        line = watcher.stdout.readline()
        assert "Second  PersistentVolumeClaim/data-eventful-0  a\\x1b[31m message" in line
    finally:
        watcher.kill()
        watcher.communicate()


def test_the_doctor_says_what_is_missing(control_plane: ControlPlane, tmp_path: Path) -> None:
    said(tmp_path, "create", "ill")
    done = kuberedis("doctor", "ill", *IN_HERE, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, ""), done
    found = [finding["text"] for finding in json.loads(done.stdout) if finding["level"] == "problem"]
    assert found == [
        "no operator is installed, so nothing is done about instances",
        "there is no StorageClass, so no volume is made",
        "ill has no conditions",
        "there is no pod ill-0",
        "there is no volume claim data-ill-0",
    ]
    done = kuberedis("doctor", "--kubeconfig", str(control_plane.kubeconfig_of(NOBODY)), cwd=tmp_path)
    assert done.returncode == 0
    assert {finding["level"] for finding in json.loads(done.stdout)} == {"ok", "note"}


def test_an_instance_without_pods_has_no_logs(tmp_path: Path) -> None:
    said(tmp_path, "create", "silent")
    assert refusal(tmp_path, "logs", "silent", *IN_HERE) == ("silent has no pod, so there are no logs; `kuberedis status silent` says why")


def test_logs_of_all_containers_are_shown_by_time_and_followed(tmp_path: Path) -> None:
    logs = {
        ("chatty-0", "redis"): ["2026-01-01T00:00:01Z one", "2026-01-01T00:00:03Z thr\x1b[31mee"],
        ("chatty-0", "sidecar"): ["2026-01-01T00:00:00Z cut", "2026-01-01T00:00:02Z two", "2026-01-01T00:00:04Z four"],
    }
    kubelet = ScriptedKubelet(logs, tmp_path)
    said(tmp_path, "create", "chatty")
    containers = [{"name": name, "image": name} for _, name in logs]
    pod = {"metadata": {"name": "chatty-0"}, "spec": {"nodeName": "scripted", "containers": containers}}
    HERE.out("create", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "Pod", **pod}))
    HERE.out("create", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "scripted"}}))
    node = {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}], "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet.port}}}
    running = [{"name": name, "image": name, "imageID": "", "restartCount": 0, "ready": True, "state": {"running": {}}} for _, name in logs]
    for what, status in (("node/scripted", node), ("pod/chatty-0", {"phase": "Running", "containerStatuses": running})):
        HERE.out("patch", what, "--subresource=status", "--type=merge", "--patch", json.dumps({"status": status}))
    with kubelet.running():
        assert said(tmp_path, "logs", "chatty", "--tail", "2") == [
            "chatty-0 redis   | one",
            "chatty-0 sidecar | two",
            "chatty-0 redis   | thr\\x1b[31mee",
            "chatty-0 sidecar | four",
        ]
        assert said(tmp_path, "logs", "chatty", "-c", "redis", "--tail", "1") == ["thr\\x1b[31mee"]
        assert "no container 'x'; they have redis, sidecar" in refusal(tmp_path, "logs", "chatty", "-c", "x", *IN_HERE)
        follower = subprocess.Popen([*COMMAND, "logs", "chatty", "-f", *IN_HERE], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
        try:
            assert follower.stdout is not None
            first = {follower.stdout.readline() for _ in range(5)}
            assert "chatty-0 sidecar | four\n" in first
            kubelet.goes_on.set()
            rest, _ = follower.communicate(timeout=LIMIT_SECONDS)
            assert sorted(rest.splitlines()) == ["chatty-0 redis   | the end", "chatty-0 sidecar | the end"]
            assert follower.returncode == 0
        finally:
            follower.kill()
            follower.communicate()


def test_a_report_has_no_secret_in_it(tmp_path: Path) -> None:
    key, password = new_key(), new_key()
    said(tmp_path, "create", "reported")
    for name, data in (("reported-auth", {"api_key": key}), ("reported-redis-password", {"password": password})):
        HERE.out("create", "secret", "generic", name, *(f"--from-literal={member}={value}" for member, value in data.items()))
    token = mint(key, "reported", ttl_seconds=600)
    HERE.out("annotate", "rhi", "reported", f"example.com/note={password}")
    message = f"request with Authorization: Bearer {token} and {key}"
    HERE.out("create", "--filename=-", stdin=json.dumps(event("reported", "RedisHttpInstance", "Leaky", message)))
    variables = [{"name": "PASSWORD", "value": "hunter2hunter2"}, {"name": "PLAIN", "value": key}]
    container = {"name": "redis", "image": "redis", "env": variables, "args": [f"--requirepass={password}"]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "reported-0"}, "spec": {"containers": [container]}}
    HERE.out("create", "--filename=-", "--validate=false", stdin=json.dumps(pod))
    found = answer(tmp_path, "report", "reported", "--file", "report.tar.gz", *IN_HERE)
    assert {"doctor.json", "instances/reported/instance.json", "instances/reported/pods.json"} <= set(found["parts"])
    parts = parts_of(tmp_path / "report.tar.gz")
    for secret in (key, password, token, "hunter2hunter2", base64.b64encode(key.encode()).decode()):
        assert [name for name, text in parts.items() if secret in text] == []
    assert "Leaky" in parts["report/instances/reported/events.json"]
    assert "PLAIN" in parts["report/instances/reported/pods.json"]


@pytest.mark.parametrize("example", of_place(Place.NAMESPACE), ids=lambda example: example.command)
def test_examples_of_the_reference_print_what_it_says(example: Example, tmp_path: Path) -> None:
    with scene(example.section):
        check(example, tmp_path)
