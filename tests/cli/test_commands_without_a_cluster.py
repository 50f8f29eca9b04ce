"""Without a reachable cluster the commands for one print one line with what to do, and no traceback."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import COMMAND, kuberedis

COMMANDS = [
    ["list"],
    ["status", "cache"],
    ["key", "cache"],
    ["token", "cache", "--namespace", "team"],
    ["rotate", "cache"],
    ["restart", "cache"],
    ["switchover", "cache"],
    ["proxy", "cache"],
    ["install"],
    ["uninstall"],
]


def kubeconfig_of(server: str, folder: Path) -> Path:
    path = folder / "kubeconfig"
    path.write_text(
        f"{{apiVersion: v1, kind: Config, current-context: test, clusters: [{{name: test, cluster: {{server: '{server}'}}}}],"
        " users: [], contexts: [{name: test, context: {cluster: test}}]}\n"
    )
    return path


def imported_by(arguments: list[str], cwd: Path) -> set[str]:
    """Names of the modules that a command imports."""
    traced = [COMMAND[0], "-X", "importtime", *COMMAND[1:], *arguments]
    done = subprocess.run(traced, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


def refusal(done: subprocess.CompletedProcess[str], exit_code: int = 1) -> str:
    assert (done.returncode, done.stdout) == (exit_code, ""), done
    [line] = done.stderr.splitlines()
    return line.removeprefix("kuberedis: ")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_without_a_kubeconfig_no_cluster_is_known(command: list[str], tmp_path: Path) -> None:
    done = kuberedis(*command, cwd=tmp_path, env={"KUBECONFIG": str(tmp_path / "none")})
    where = "" if "--namespace" in command else "; instances of `kuberedis local` are found where it was started"
    assert refusal(done) == (
        f"there is no kubeconfig at {tmp_path / 'none'}, so no cluster is known; set KUBECONFIG, or use --kubeconfig{where}"
    )


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_an_api_server_that_is_not_there_is_named(command: list[str], tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server = f"https://127.0.0.1:{closed.getsockname()[1]}"
        done = kuberedis(*command, "--kubeconfig", str(kubeconfig_of(server, tmp_path)), cwd=tmp_path)
    assert refusal(done) == (f"the API server {server} cannot be reached: Connection refused; is the cluster up, and the kubeconfig right?")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "cannot be used: Invalid kube-config. FILE file is empty"),
        ("- a list", "cannot be used: it has another form than `kubectl config` writes"),
        (
            "contexts: {",
            "cannot be used: while parsing a flow node expected the node content, but found '<stream end>' in \"FILE\", line 1, column 12",
        ),
        ("{contexts: [{name: a}, {name: b}]}", "has no current context; name one with --context (it has a, b)"),
        ("{current-context: gone, contexts: []}", "has no current context; name one with --context (it has none)"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_named_with_what_is_wrong(text: str, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    done = kuberedis("list", cwd=tmp_path, env={"KUBECONFIG": str(file)})
    assert refusal(done) == f"the kubeconfig {file} {problem}".replace("FILE", str(file))


def test_a_context_that_does_not_exist_is_answered_with_those_that_do(tmp_path: Path) -> None:
    file = kubeconfig_of("https://127.0.0.1:1", tmp_path)
    done = kuberedis("list", "--kubeconfig", str(file), "--context", "prod", cwd=tmp_path)
    assert refusal(done) == f"the kubeconfig {file} has no context 'prod'; name one with --context (it has test)"


def test_without_the_kubernetes_package_a_command_names_what_to_install(tmp_path: Path) -> None:
    script = "import sys; sys.modules['kubernetes'] = None; from kuberedis_cli.main import main; sys.argv[1:] = ['list']; main()"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30)
    assert refusal(done) == (
        "commands for a cluster need the package kubernetes; install it with: pip install 'kuberedis-gateway[cluster]'; "
        "for an instance of local mode go where its .kuberedis is, or name that with --data-dir"
    )


def test_local_mode_takes_no_option_of_a_cluster(tmp_path: Path) -> None:
    done = kuberedis("-n", "team", "local", cwd=tmp_path)
    assert refusal(done, 2) == "`kuberedis local` runs without a cluster; leave out --namespace, --context and --kubeconfig"


@pytest.mark.parametrize("name", ["Cache", "a/b", "../a", "", "-a"])
def test_a_name_that_no_instance_can_have_is_refused_without_a_request(name: str, tmp_path: Path) -> None:
    done = kuberedis("key", "--", name, cwd=tmp_path, env={"KUBECONFIG": str(tmp_path / "none")})
    assert done.returncode == 2
    assert "is not a name of an instance" in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize("option", ["--grace", "--timeout"])
def test_a_malformed_duration_is_refused_without_a_request(option: str, tmp_path: Path) -> None:
    done = kuberedis("rotate", "cache", option, "soon", cwd=tmp_path)
    assert refusal(done, 2) == f"{option} 'soon' is not a duration; write seconds, or for example 15m, 1h or 7d"


def test_a_key_cannot_come_from_a_cluster_and_from_a_file(tmp_path: Path) -> None:
    done = kuberedis("token", "cache", "-n", "team", "--key-file", "key", cwd=tmp_path)
    assert refusal(done, 2) == "--key-file and --namespace are two sources of one key; leave one of them out"


@pytest.mark.parametrize(
    "command", ["list", "status", "key", "token", "rotate", "restart", "switchover", "proxy", "install", "uninstall", "local"]
)
def test_help_of_a_command_needs_no_cluster(command: str, tmp_path: Path) -> None:
    done = kuberedis(command, "--help", cwd=tmp_path, env={"KUBECONFIG": str(tmp_path / "none")})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[:3] == ["Usage:", "kuberedis", command]


def test_a_list_does_not_wait_for_what_it_does_not_need(tmp_path: Path) -> None:
    arguments = ["list", "--kubeconfig", str(kubeconfig_of("http://127.0.0.1:1", tmp_path))]
    imported = imported_by(arguments, tmp_path)
    assert "kubernetes.client" in imported
    assert not {name for name in imported if name.startswith(("kubernetes.client.models.", "kubernetes.client.api.", "rich", "sanic"))}


def test_help_does_not_wait_for_the_kubernetes_client_to_be_imported(tmp_path: Path) -> None:
    imported = imported_by(["status", "--help"], tmp_path)
    assert "kuberedis_cli.cluster.commands" in imported
    assert not imported & {"kubernetes", "kubernetes.client", "prometheus_client", "kopf", "sanic", "asyncio"}


def test_a_key_is_taken_from_where_the_instance_is(tmp_path: Path) -> None:
    folder = tmp_path / ".kuberedis/cache/auth"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "api_key").write_text("k" * 43)
    (folder / "api_key").chmod(0o600)
    none = {"KUBECONFIG": str(tmp_path / "none")}
    assert kuberedis("key", "cache", cwd=tmp_path, env=none).stdout == "k" * 43 + "\n"
    assert kuberedis("key", "cache", "--data-dir", ".kuberedis", cwd=tmp_path, env=none).stdout == "k" * 43 + "\n"
    for elsewhere in (["-n", "team"], ["--context", "prod"]):
        assert "no cluster is known" in refusal(kuberedis("key", "cache", *elsewhere, cwd=tmp_path, env=none))
