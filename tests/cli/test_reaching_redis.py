"""`kuberedis env` and `kuberedis cli`: the Redis of an instance of local mode from a shell."""

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.command import COMMAND, LIMIT_SECONDS, RunningLocal, eventually, kuberedis
from tests.cli.terminal import Terminal


def parts_of(path: Path) -> dict[str, str]:
    """The files of an archive by name."""
    with tarfile.open(path) as archive:
        return {entry.name: file.read().decode() for entry in archive if (file := archive.extractfile(entry))}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reaching-redis")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[httpx.Client]:
    """A client of the instance `local`, which runs while this module's tests do."""
    running = RunningLocal(("--port", "0"), folder, {})
    try:
        yield running.ready("local")
    finally:
        running.end()


def test_a_shell_takes_url_and_key_from_env(client: httpx.Client, folder: Path) -> None:
    curl = 'eval "$("$@" env local)" && printf "%s %s" "$UPSTASH_REDIS_REST_URL" "$UPSTASH_REDIS_REST_TOKEN"'
    shell = subprocess.run(
        ["/bin/sh", "-c", curl, "sh", *COMMAND], cwd=folder, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=True
    )
    url, token = shell.stdout.split()
    assert (url, f"Bearer {token}") == (str(client.base_url).rstrip("/"), client.headers["Authorization"])


def test_env_can_have_a_token_in_place_of_the_key(client: httpx.Client, folder: Path) -> None:
    done = kuberedis("env", "local", "--token", "--scope", "read", "--key-prefix", "user:", "-o", "json", cwd=folder)
    assert (done.returncode, done.stderr) == (0, ""), done
    token = json.loads(done.stdout)["UPSTASH_REDIS_REST_TOKEN"]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/get/user:1", headers=headers).json() == {"result": None}
    assert client.get("/get/other", headers=headers).status_code == 403
    assert client.get("/set/user:1/x", headers=headers).status_code == 403


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (
            ("env", "other"),
            1,
            "there is no instance 'other' in .kuberedis (it has local); with --namespace it is looked for in the cluster",
        ),
        (("env", "local", "--ttl", "5m"), 2, "--scope, --ttl, --key-prefix and --acl are for a token; add --token"),
        (
            ("env", "local", "--data-dir", "nowhere"),
            1,
            "there is no instance 'local' in nowhere (it has none); with --namespace it is looked for in the cluster",
        ),
    ],
)
def test_what_cannot_be_reached_is_refused(folder: Path, arguments: tuple[str, ...], code: int, problem: str) -> None:
    done = kuberedis(*arguments, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", f"kuberedis: {problem}\n")


_COMMANDS: list[tuple[tuple[str, ...], int, str]] = [
    (("local", "SET", "one:a", "b c"), 0, "OK\n"),
    (("local", "-o", "text", "ZADD", "one:z", "-1", "x"), 0, "(integer) 1\n"),
    (("-o", "text", "local", "ZRANGE", "one:z", "0", "-1", "WITHSCORES"), 0, '1) "x"\n2) "-1"\n'),
    (("local", "-o", "json", "--scope", "read", "ECHO", "-n"), 0, '{"result": "-n"}\n'),
    (("local", "--scope", "read", "-o", "json", "SET", "one:a", "c"), 1, '{"error": "NOPERM '),
    (("local", "LPUSH", "one:z", "x"), 1, "WRONGTYPE "),
    (("local", "MULTI"), 1, "MULTI does not work over HTTP: "),
    (("local", "CLIENT", "KILL", "x"), 1, "CLIENT does not work over HTTP: "),
    (("local", "HELP", "config", "get"), 0, "CONFIG GET parameter [parameter ...]\n"),
]


@pytest.mark.usefixtures("client")
def test_one_command_has_its_reply_and_its_exit_code(folder: Path) -> None:
    for arguments, code, output in _COMMANDS:
        done = kuberedis("cli", *arguments, cwd=folder)
        assert (done.returncode, done.stderr) == (code, ""), done
        assert done.stdout == output if output.endswith("\n") and "HELP" not in arguments else done.stdout.startswith(output), done


def test_the_lines_of_a_pipe_are_commands(client: httpx.Client, folder: Path) -> None:
    lines = 'SET pipe:k "\\x1b[31m\\xff"\n\nGET pipe:k\nnope\nget "pipe:k\nSTRLEN pipe:k\n'
    done = subprocess.run(
        [*COMMAND, "cli", "local"], cwd=folder, input=lines.encode(), capture_output=True, timeout=LIMIT_SECONDS, check=False
    )
    assert (done.returncode, done.stderr) == (1, b"")
    ok, value, unknown, quotes, length = done.stdout.splitlines()
    assert (ok, value, length) == (b"OK", b"\x1b[31m\xff", b"6")
    assert unknown.startswith(b"ERR unknown command")
    assert quotes.startswith(b"a quote does not end")
    assert client.get("/strlen/pipe:k").json() == {"result": 6}


def test_messages_of_a_channel_come_as_redis_pushes_them(client: httpx.Client, folder: Path) -> None:
    listener = subprocess.Popen([*COMMAND, "cli", "local", "-o", "json", "SUBSCRIBE", "a,b"], cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert listener.stdout is not None
        assert json.loads(listener.stdout.readline()) == {"result": ["subscribe", "a,b", 1]}
        client.post("/", json=["PUBLISH", "a,b", "hello, world"])
        assert json.loads(listener.stdout.readline()) == {"result": ["message", "a,b", "hello, world"]}
    finally:
        listener.kill()
        listener.communicate()


def test_a_prompt_has_history_completion_and_help(client: httpx.Client, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = folder / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    monkeypatch.setenv("PROMPT_TOOLKIT_NO_CPR", "1")  # nobody answers where the cursor is
    client.post("/", json=["SET", "prompt:evil", "\x1b]0;owned\x07"])
    key = client.headers["Authorization"].removeprefix("Bearer ")
    terminal = Terminal([*COMMAND, "cli", "local"], folder)
    try:

        def shows(text: str) -> None:
            eventually(lambda: text in terminal.text)

        shows("local>")
        for line, reply in (
            ("GET prompt:evil", r'"\x1b]0;owned\a"'),
            ("HELP LPOS", "Returns the index of matching elements"),
            ("SET prompt:list 'two words'", "OK"),
            (f"ECHO {key}", f'"{key}"'),
            ("AUTH password-of-mine", "(error) AUTH does not work over HTTP"),
        ):
            terminal.press(f"{line}\r")
            shows(reply)
        terminal.press("BLPOP prompt:none 0\r")
        eventually(lambda: client.post("/", json=["INFO", "clients"]).json()["result"].find("blocked_clients:1") > 0)
        terminal.press("\x03")
        terminal.press("STRLEN prompt:list\r")
        shows("(integer) 9")
        terminal.press("GETE")
        shows("Returns the string value of a key after setting its expiration time.")
        terminal.press("\x03\x04")
        assert terminal.process.wait(LIMIT_SECONDS) == 0
    finally:
        terminal.end()
    assert "]0;owned\x07" not in terminal.text
    [kept] = state.rglob("*history")
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    text = kept.read_text()
    assert "GET prompt:evil" in text
    assert key not in text
    assert "password-of-mine" not in text


def test_what_does_not_answer_is_named(client: httpx.Client, folder: Path) -> None:
    done = kuberedis("cli", "local", "--url", "http://127.0.0.1:1/x", "PING", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "kuberedis: http://127.0.0.1:1/x does not answer: Connection refused\n")
    wrong = str(client.base_url).replace("/local", "/other")
    done = kuberedis("cli", "local", "--url", wrong, "PING", cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"kuberedis: {wrong.rstrip('/')}")


@pytest.mark.usefixtures("client")
def test_logs_of_local_mode_are_shown_and_followed(folder: Path) -> None:
    done = kuberedis("logs", "local", cwd=folder)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert "Ready to accept connections" in done.stdout
    follower = subprocess.Popen([*COMMAND, "logs", "local", "-f", "--tail", "1"], cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert follower.stdout is not None
        follower.stdout.readline()
        with (folder / ".kuberedis/local/valkey.log").open("a") as log:
            log.write("what happens \x1b[31mnext\n")
        assert follower.stdout.readline() == "what happens \\x1b[31mnext\n"
    finally:
        follower.kill()
        follower.communicate()


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("logs", "local", "-c", "sidecar"), "local mode has logs of redis and sentinel, not of sidecar; the gateway is part of"),
        (("logs", "local", "-c", "sentinel"), "local has no such log in .kuberedis"),
        (("logs", "locla"), "there is no instance 'locla' in .kuberedis (did you mean local?)"),
        (("events", "local"), "`kuberedis events` is for instances in a cluster"),
    ],
)
def test_what_local_mode_does_not_have_is_told(folder: Path, arguments: tuple[str, ...], problem: str) -> None:
    done = kuberedis(*arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"kuberedis: {problem}"), done.stderr


def test_the_doctor_finds_what_runs_and_what_not(client: httpx.Client, folder: Path) -> None:
    done = kuberedis("doctor", cwd=folder)
    url = str(client.base_url).rstrip("/")
    assert (done.returncode, json.loads(done.stdout)) == (0, [{"level": "ok", "text": f"{url} answers", "advice": ""}])
    done = kuberedis("doctor", "local", "-o", "text", cwd=folder)
    assert (done.returncode, done.stdout) == (0, f"ok       {url} answers\n")
    done = kuberedis("doctor", "locla", cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert "did you mean local?" in done.stderr


@pytest.mark.usefixtures("client")
def test_local_mode_needs_no_package_for_a_cluster(folder: Path) -> None:
    script = "import sys; sys.modules['kubernetes'] = None; from kuberedis_cli.entry import kuberedis; kuberedis()"
    local = [*(["list"], ["doctor"], ["report", "--file", "local.tar.gz"]), *([verb, "local"] for verb in ("status", "env", "key", "logs"))]
    for arguments in [*local, ["cli", "local", "PING"], ["token", "local"], ["version"]]:
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS
        )
        assert (done.returncode, done.stderr) == (0, ""), (arguments, done)


def test_a_report_has_logs_and_findings_and_no_key(client: httpx.Client, folder: Path) -> None:
    key = client.headers["Authorization"].removeprefix("Bearer ")
    with (folder / ".kuberedis/local/valkey.log").open("a") as log:
        log.write(f"somebody logs {key}\n")
    done = kuberedis("report", "--file", "report.tar.gz", cwd=folder)
    assert (done.returncode, done.stderr) == (0, ""), done
    path = folder / "report.tar.gz"
    assert path.stat().st_mode & 0o777 == 0o600
    parts = {name.removeprefix("report/"): text for name, text in parts_of(path).items()}
    assert parts.keys() == {"versions.json", "doctor.json", "instances/local/status.json", "instances/local/local-0-redis.log"}
    assert "Ready to accept connections" in parts["instances/local/local-0-redis.log"]
    password = (folder / ".kuberedis/local/redis.conf").read_text().partition("requirepass ")[2].partition("\n")[0].strip('"')
    for secret in filter(None, (key, password)):
        assert [name for name, text in parts.items() if secret in text] == []
    again = kuberedis("report", "--file", "report.tar.gz", cwd=folder)
    assert (again.returncode, again.stderr) == (1, "kuberedis: report.tar.gz is there already; name another file with --file\n")
    wrong = kuberedis("report", "locla", "--file", "other.tar.gz", cwd=folder)
    assert wrong.returncode == 1
    assert not (folder / "other.tar.gz").exists()
