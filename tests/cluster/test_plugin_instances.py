"""The commands that show and change instances, against a real API server.

No operator runs: what it would write, a test writes in its place.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest

from tests.cli.command import COMMAND, kuberedis
from tests.cluster.plugin_commands import (
    ELSEWHERE,
    HERE,
    KEY,
    READY,
    annotations,
    answer,
    event,
    manifest,
    operator_that_rotates,
    refusal,
    write_status,
)
from tests.harness.control_plane import NOBODY, ControlPlane, running_control_plane
from tests.harness.custom_resource import install_custom_resource
from tests.harness.kubectl import Kubectl

pytestmark = pytest.mark.usefixtures("control_plane", "instances")


@pytest.fixture(scope="module")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with running_control_plane(tmp_path_factory.mktemp("control-plane")) as plane:
        yield plane


@pytest.fixture(scope="module")
def instances(control_plane: ControlPlane) -> None:  # noqa: ARG001 it must run first
    """user-cache and sessions here, of which the first is ready; elsewhere an instance `elsewhere`."""
    install_custom_resource()
    for kubectl, names in ((HERE, ("user-cache", "sessions")), (ELSEWHERE, ("elsewhere",))):
        kubectl.out("create", "namespace", kubectl.namespace)
        for name in names:
            kubectl.out("create", "--filename=-", stdin=json.dumps(manifest(name)))
    write_status("user-cache", READY)
    data = {"api_key": base64.b64encode(KEY.encode()).decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "user-cache-auth"}, "data": data}
    HERE.out("create", "--filename=-", stdin=json.dumps(secret))


def test_list_shows_urls_and_readiness(tmp_path: Path) -> None:
    rows = {row["name"]: row for row in answer(tmp_path, "list", "-n", "plugin-here")}
    assert rows.keys() == {"user-cache", "sessions"}
    assert rows["user-cache"] | {"created_at": ""} == {
        "namespace": "plugin-here",
        "name": "user-cache",
        "ready": "True",
        "reason": "Serving",
        "url": "https://redis.example.com/instances/user-cache",
        "capacity": "64Mi",
        "version": "8.2",
        "created_at": "",
        "replicas": 1,
        "in_sync": None,
        "primary": None,
    }
    assert rows["sessions"]["ready"] == "Unknown"


def test_the_namespace_may_come_first_as_with_kubectl(tmp_path: Path) -> None:
    assert [row["name"] for row in answer(tmp_path, "-n", "plugin-elsewhere", "list")] == ["elsewhere"]
    assert [row["name"] for row in answer(tmp_path, "-n", "plugin-here", "list", "-n", "plugin-elsewhere")] == ["elsewhere"]


def test_the_namespace_is_by_default_that_of_the_context(control_plane: ControlPlane, tmp_path: Path) -> None:
    kubeconfig = control_plane.kubeconfig_of("admin-of-the-test", namespace="plugin-elsewhere")
    assert [row["name"] for row in answer(tmp_path, "list", "--kubeconfig", str(kubeconfig))] == ["elsewhere"]


def test_list_of_all_namespaces_says_which_is_where(tmp_path: Path) -> None:
    text = kuberedis("list", "-A", "--output", "text", cwd=tmp_path).stdout
    rows = [line.split() for line in text.splitlines()]
    assert rows[0] == ["NAMESPACE", "NAME", "READY", "URL", "CAPACITY", "VERSION", "AGE"]
    assert ["plugin-here", "user-cache", "True", "https://redis.example.com/instances/user-cache", "64Mi", "8.2"] in [
        row[:6] for row in rows
    ]
    assert ["plugin-elsewhere", "elsewhere", "Unknown", "-", "64Mi"] in [row[:5] for row in rows]


def test_an_empty_namespace_is_no_error(tmp_path: Path) -> None:
    assert answer(tmp_path, "list", "-n", "default") == []
    text = kuberedis("list", "-n", "default", "--output", "text", cwd=tmp_path)
    assert (text.returncode, text.stdout, text.stderr) == (0, "", "no instances in namespace default\n")


def test_status_shows_the_status_and_the_events(tmp_path: Path) -> None:
    HERE.out("create", "--filename=-", stdin=json.dumps(event("user-cache", "RedisHttpInstance", "KeyRotated", "there is a new key")))
    HERE.out("create", "--filename=-", stdin=json.dumps(event("user-cache", "Deployment", "Foreign", "of somebody else's object")))
    report = answer(tmp_path, "status", "user-cache", "-n", "plugin-here")
    assert (report["ready"], report["url"], report["maxmemory"], report["memory_limit"]) == ("True", READY["url"], "32Mi", "112Mi")
    assert [(condition["type"], condition["reason"]) for condition in report["conditions"]] == [("Ready", "Serving")]
    assert [(event["reason"], event["object"]) for event in report["events"]] == [("KeyRotated", "RedisHttpInstance/user-cache")]
    assert (report["pods"], report["figures"], report["notes"]) == ([], None, [])
    text = kuberedis("status", "user-cache", "-n", "plugin-here", "--output", "text", cwd=tmp_path).stdout
    assert ["Ready", "True", "Serving"] in [line.split()[:3] for line in text.splitlines()]
    assert ["pod", "there", "is", "none"] in [line.split() for line in text.splitlines()]


def test_status_shows_what_the_user_may_see_and_says_what_not(control_plane: ControlPlane, tmp_path: Path) -> None:
    HERE.out("create", "role", "reader", "--verb=get", "--resource=redishttpinstances.cache.yourcompany.com")
    HERE.out("create", "rolebinding", "reader", "--role=reader", "--user=nobody")
    report = answer(tmp_path, "status", "user-cache", "-n", "plugin-here", "--kubeconfig", str(control_plane.kubeconfig_of(NOBODY)))
    assert report["ready"] == "True"
    assert [note.partition(":")[0] for note in report["notes"]] == ["the pods", "events"]
    assert all("is forbidden" in note for note in report["notes"])
    assert report["pods"] is None
    options = ("-n", "plugin-here", "--kubeconfig", str(control_plane.kubeconfig_of(NOBODY)))
    text = kuberedis("status", "user-cache", *options, "--output", "text", cwd=tmp_path).stdout
    assert ["pod", "not", "known:", "you", "may", "not", "look", "at", "pods"] in [line.split() for line in text.splitlines()]


def test_who_sees_one_namespace_only_gets_a_list_of_that(control_plane: ControlPlane, tmp_path: Path) -> None:
    ELSEWHERE.out("create", "role", "lister", "--verb=list,watch", "--resource=redishttpinstances.cache.yourcompany.com")
    ELSEWHERE.out("create", "rolebinding", "lister", "--role=lister", "--user=nobody")
    theirs = ("--kubeconfig", str(control_plane.kubeconfig_of(NOBODY, namespace="plugin-elsewhere")))
    done = kuberedis("list", "-A", *theirs, cwd=tmp_path)
    assert [row["name"] for row in json.loads(done.stdout)] == ["elsewhere"]
    assert "these are those of plugin-elsewhere; --namespace names another" in done.stderr
    forbidden = kuberedis("list", "-A", *theirs, "-n", "default", cwd=tmp_path)
    assert (forbidden.returncode, "is forbidden" in forbidden.stderr) == (1, True)


def test_list_watches_what_changes(control_plane: ControlPlane, tmp_path: Path) -> None:
    HERE.out("create", "namespace", "plugin-watched")
    watched = Kubectl("plugin-watched")
    environment = os.environ | {"KUBECONFIG": str(control_plane.kubeconfig)}
    command = [*COMMAND, "list", "--watch", "-n", "plugin-watched"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            for action, change in (("create", "added"), ("delete", "removed")):
                watched.out(action, "--filename=-", stdin=json.dumps(manifest("seen")))
                found = json.loads(process.stdout.readline())
                assert (found["event"], found["namespace"], found["name"]) == (change, "plugin-watched", "seen")
        finally:
            process.terminate()


def test_status_watches_an_instance(control_plane: ControlPlane, tmp_path: Path) -> None:
    environment = os.environ | {"KUBECONFIG": str(control_plane.kubeconfig)}
    command = [*COMMAND, "status", "sessions", "--watch", "-n", "plugin-here"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert json.loads(process.stdout.readline())["ready"] == "Unknown"
            write_status("sessions", READY)
            assert json.loads(process.stdout.readline())["ready"] == "True"
        finally:
            process.terminate()
            write_status("sessions", {"conditions": None})


def test_version_says_that_of_the_operator_where_it_may_be_seen(control_plane: ControlPlane, tmp_path: Path) -> None:
    labels = {"app.kubernetes.io/name": "kuberedis-operator"}
    pod = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "operator", "image": "registry:5000/kuberedis-operator:9.8.7"}]},
    }
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": pod}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "operator", "labels": labels}, "spec": spec}
    HERE.out("create", "--filename=-", stdin=json.dumps(deployment))
    try:
        assert answer(tmp_path, "version")["operators"] == [{"namespace": "plugin-here", "version": "9.8.7"}]
        theirs = ("--kubeconfig", str(control_plane.kubeconfig_of(NOBODY)))
        assert answer(tmp_path, "version", *theirs)["operators"] is None
        assert "not known: not allowed:" in kuberedis("version", *theirs, "-o", "text", cwd=tmp_path).stdout
    finally:
        HERE.out("delete", "deployment", "operator")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("user-cahe", "; did you mean user-cache?"),
        ("elsewhere", "; there is one in plugin-elsewhere: add --namespace plugin-elsewhere"),
        ("zzz", "; it has sessions, user-cache"),
    ],
)
def test_a_name_that_does_not_exist_is_answered_with_what_may_be_meant(name: str, meant: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, "status", name, "-n", "plugin-here") == f"there is no instance '{name}' in namespace plugin-here{meant}"


@pytest.mark.parametrize("command", ["key", "rotate", "restart", "switchover", "proxy", "token"])
def test_every_command_says_that_there_is_no_such_instance(command: str, tmp_path: Path) -> None:
    message = refusal(tmp_path, command, "user-cahe", "-n", "plugin-here")
    assert message == "there is no instance 'user-cahe' in namespace plugin-here; did you mean user-cache?"


@pytest.mark.parametrize("command", [["list", "-A"], ["status", "a"], ["key", "a"]])
def test_commands_without_permission_report_what_is_forbidden(command: list[str], control_plane: ControlPlane, tmp_path: Path) -> None:
    message = refusal(tmp_path, *command, "--kubeconfig", str(control_plane.kubeconfig_of(NOBODY)))
    assert message.startswith("not allowed: ")
    assert 'User "nobody" cannot ' in message


def test_key_prints_the_key_and_nothing_else(tmp_path: Path) -> None:
    done = kuberedis("key", "user-cache", "-n", "plugin-here", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, KEY + "\n", "")


def test_a_key_that_is_not_made_yet_is_no_empty_line(tmp_path: Path) -> None:
    assert refusal(tmp_path, "key", "sessions", "-n", "plugin-here") == (
        "sessions has no key yet, for there is no Secret sessions-auth; `kuberedis status sessions` shows its progress"
    )


@pytest.mark.parametrize("arguments", [["-n", "plugin-here", "token", "user-cache"], ["token", "user-cache", "--namespace", "plugin-here"]])
def test_a_token_is_signed_with_the_key_in_the_cluster(arguments: list[str], tmp_path: Path) -> None:
    done = kuberedis(*arguments, "--scope", "read", cwd=tmp_path)
    assert jwt.decode(done.stdout.strip(), KEY, algorithms=["HS256"], audience="user-cache")["scope"] == "read"


def test_as_a_plugin_of_kubectl_a_token_is_for_the_cluster_by_default(control_plane: ControlPlane, tmp_path: Path) -> None:
    kubeconfig = control_plane.kubeconfig_of("admin-of-the-test", namespace="plugin-here")
    plugin = [sys.executable, "-c", "from kuberedis_cli.main import kubectl_plugin; kubectl_plugin()", "token", "user-cache"]
    environment = {"KUBECONFIG": str(kubeconfig), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(plugin, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=30)
    assert jwt.decode(done.stdout.strip(), KEY, algorithms=["HS256"], audience="user-cache")


def test_revoke_adds_to_the_secret_and_forgets_what_has_expired(tmp_path: Path) -> None:
    past = base64.b64encode(b"expired 1\nlasting 9999999999\n").decode()
    HERE.out("patch", "secret", "user-cache-auth", "--patch", json.dumps({"data": {"revoked_jti": past}}))
    token = jwt.encode({"aud": "user-cache", "exp": 9999999998, "jti": "leaked"}, KEY)
    for arguments in ([token], ["another", "--instance", "user-cache"]):
        done = kuberedis("token", "revoke", *arguments, "-n", "plugin-here", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), done
    data = json.loads(HERE.out("get", "secret", "user-cache-auth", "--output=jsonpath={.data}"))
    assert base64.b64decode(data["api_key"]).decode() == KEY
    assert base64.b64decode(data["revoked_jti"]).decode() == "lasting 9999999999\nleaked 9999999999\nanother 999999999999\n"
    assert "refuses this token already: the token was revoked" in refusal(tmp_path, "token", "revoke", token, "-n", "plugin-here")


def test_rotate_waits_for_the_new_key_and_says_how_long_the_old_one_is_valid(tmp_path: Path) -> None:
    with operator_that_rotates("user-cache", rotatedAt="2126-01-01T00:00:00Z", previousKeyExpiresAt="2126-01-01T00:30:00Z"):
        event = answer(tmp_path, "rotate", "user-cache", "-n", "plugin-here", "--grace", "30m")
    assert annotations("user-cache")["cache.yourcompany.com/rotate-key-grace"] == "1800s"
    assert event == {
        "event": "rotated",
        "instance": "user-cache",
        "namespace": "plugin-here",
        "request": annotations("user-cache")["cache.yourcompany.com/rotate-key"],
        "rotated_at": "2126-01-01T00:00:00Z",
        "previous_key_expires_at": "2126-01-01T00:30:00Z",
    }


def test_rotate_without_a_grace_forgets_that_of_the_last_time(tmp_path: Path) -> None:
    HERE.out("annotate", "--overwrite", "rhi", "user-cache", "cache.yourcompany.com/rotate-key-grace=0s")
    with operator_that_rotates("user-cache", rotatedAt="2126-01-01T00:00:00Z", previousKeyExpiresAt=None):
        done = kuberedis("rotate", "user-cache", "-n", "plugin-here", "--output", "text", cwd=tmp_path)
    assert done.stdout == "user-cache has a new key; the old one is no longer valid\n"
    assert "cache.yourcompany.com/rotate-key-grace" not in annotations("user-cache")


def test_rotate_of_a_key_provided_by_its_owner_says_who_has_to_do_it(tmp_path: Path) -> None:
    with operator_that_rotates("user-cache", rotatedAt=None, previousKeyExpiresAt=None):
        message = refusal(tmp_path, "rotate", "user-cache", "-n", "plugin-here")
    assert message == "user-cache keeps its key: Secret user-cache-auth is not the operator's; write a new api_key into it yourself"


def test_rotate_without_an_operator_leaves_the_request_and_says_so(tmp_path: Path) -> None:
    message = refusal(tmp_path, "rotate", "sessions", "-n", "plugin-here", "--timeout", "1")
    assert message == (
        "sessions has no new key after 1 s; is the operator running? The request stays, and it rotates the key when it sees it;"
        " `kuberedis status sessions` shows more"
    )
    assert "cache.yourcompany.com/rotate-key" in annotations("sessions")


def test_rotate_of_a_paused_instance_is_refused_at_once(tmp_path: Path) -> None:
    HERE.out("create", "--filename=-", stdin=json.dumps(manifest("paused", paused=True)))
    message = refusal(tmp_path, "rotate", "paused", "-n", "plugin-here")
    assert message == "paused is paused, so the operator leaves its key alone; set spec.paused to false first"
    assert "cache.yourcompany.com/rotate-key" not in annotations("paused")


def test_proxy_of_an_instance_without_a_pod_says_so(tmp_path: Path) -> None:
    message = refusal(tmp_path, "proxy", "user-cache", "-n", "plugin-here")
    assert message == "user-cache has no pod yet; `kuberedis status user-cache` shows its progress"
