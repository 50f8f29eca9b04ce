"""`kuberedis token`: a minted token reaches exactly what it claims, and a refusal is explained."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from tests.cli.command import COMMAND, LIMIT_SECONDS, eventually, kuberedis, redis
from tests.cli.conftest import StartLocal
from tests.cli.terminal import Terminal

KEY = "k" * 43


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "api_key"
    path.write_text(KEY + "\n")
    return path


def mint(cwd: Path, *arguments: str, stdin: str = "") -> str:
    """The token, which is all that is printed in a pipe."""
    run = kuberedis("token", *arguments, cwd=cwd, stdin=stdin)
    assert (run.returncode, run.stderr) == (0, ""), run
    [token] = run.stdout.splitlines()
    return token


def claims(token: str, audience: str = "cache") -> dict[str, Any]:
    return jwt.decode(token, KEY, algorithms=["HS256"], audience=audience)


def inspect(cwd: Path, token: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    run = kuberedis("token", "inspect", *arguments, cwd=cwd, stdin=token, env={"KUBECONFIG": "/nowhere"})
    return run.returncode, json.loads(run.stdout)


def refusal(run: subprocess.CompletedProcess[str], exit_code: int = 1) -> str:
    assert (run.returncode, run.stdout) == (exit_code, ""), run
    [line] = run.stderr.splitlines()
    return line.removeprefix("kuberedis: ")


def test_a_minted_token_reaches_the_running_gateway_within_its_claims(start_local: StartLocal, tmp_path: Path) -> None:
    client = start_local().ready("local")
    redis(client, "SET", "user:1", "mine")
    redis(client, "SET", "other", "not mine")
    token = mint(tmp_path, "local", "--scope", "read", "--key-prefix", "user:")
    client.headers["Authorization"] = f"Bearer {token}"
    assert client.get("/keys/user:1").json()["value"] == "mine"
    assert client.get("/keys/other").status_code == 403
    assert client.post("/keys/user:1", json={"value": "new"}).status_code == 403


def test_a_prefix_with_glob_characters_reaches_that_prefix_only(start_local: StartLocal, tmp_path: Path) -> None:
    client = start_local().ready("local")
    for key in (r"a*[b]?\c:1", "axb:1", "ab"):
        redis(client, "SET", key, "1")
    token = mint(tmp_path, "local", "--key-prefix", r"a*[b]?\c:")
    client.headers["Authorization"] = f"Bearer {token}"
    assert redis(client, "GET", r"a*[b]?\c:1") == "1"
    for key in ("axb:1", "ab"):
        assert client.post("/raw-command", json={"command": "GET", "args": [key]}).status_code == 403


def test_scopes_and_rules_reach_what_inspect_reports(start_local: StartLocal, tmp_path: Path) -> None:
    running = start_local()
    client = running.ready("local")
    token = mint(tmp_path, "local", "--acl", "~news:* &news:* +get +publish")
    code, report = inspect(tmp_path, token)
    assert (code, report["accepted"], report["signature_checked"]) == (0, True, True)
    assert report["reach"] == {
        "commands": "all commands but administration, narrowed to +get +publish",
        "keys": ["news:*"],
        "channels": ["news:*"],
    }
    client.headers["Authorization"] = f"Bearer {token}"
    assert redis(client, "PUBLISH", "news:1", "x") == 0
    assert client.post("/raw-command", json={"command": "PUBLISH", "args": ["else", "x"]}).status_code == 403
    assert client.post("/raw-command", json={"command": "SET", "args": ["news:1", "x"]}).status_code == 403


def test_the_defaults_are_write_and_one_hour(key_file: Path, tmp_path: Path) -> None:
    token = mint(tmp_path, "cache", "--key-file", str(key_file))
    said = claims(token)
    assert (said["aud"], said["scope"], said["exp"] - said["iat"]) == ("cache", "write", 3600)
    assert "acl" not in said


@pytest.mark.parametrize(("ttl", "seconds"), [("90", 90), ("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 604800)])
def test_a_time_to_live_may_have_a_unit(key_file: Path, tmp_path: Path, ttl: str, seconds: int) -> None:
    said = claims(mint(tmp_path, "cache", "--ttl", ttl, "--key-file", str(key_file)))
    assert said["exp"] - said["iat"] == seconds


def test_options_may_come_before_the_name(key_file: Path, tmp_path: Path) -> None:
    assert claims(mint(tmp_path, "--scope", "admin", "--key-file", str(key_file), "cache"))["scope"] == "admin"


def test_the_key_may_come_on_standard_input(tmp_path: Path) -> None:
    assert claims(mint(tmp_path, "cache", "--key-stdin", stdin=KEY + "\n"))["aud"] == "cache"


def test_prefixes_and_a_rule_add_up(key_file: Path, tmp_path: Path) -> None:
    options = ("--key-prefix", "a:", "--key-prefix", "b:", "--acl", "+@read", "--key-file", str(key_file))
    assert claims(mint(tmp_path, "cache", *options))["acl"] == "~a:* ~b:* +@read"


@pytest.mark.parametrize("name", ["inspect", "mint"])
def test_an_instance_named_like_a_command_has_the_long_form(key_file: Path, tmp_path: Path, name: str) -> None:
    assert claims(mint(tmp_path, "mint", name, "--key-file", str(key_file)), name)["aud"] == name


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--ttl", "soon"], "--ttl 'soon' is not a duration; write seconds, or for example 15m, 1h or 7d"),
        (["--ttl", "0"], "the time to live must be 1 to 31622400 seconds"),
        (["--ttl", "367d"], "the time to live must be 1 to 31622400 seconds"),
        (
            ["--key-prefix", ""],
            "--key-prefix '': a prefix is at least one character long, and an ACL rule cannot hold white space",
        ),
        (
            ["--key-prefix", "a b"],
            "--key-prefix 'a b': a prefix is at least one character long, and an ACL rule cannot hold white space",
        ),
        (
            ["--acl", ">password"],
            "the acl claim has a part that is no key pattern (~), channel pattern (&), command or category (+, -)",
        ),
    ],
)
def test_what_cannot_be_minted_is_refused(key_file: Path, tmp_path: Path, arguments: list[str], problem: str) -> None:
    run = kuberedis("token", "cache", *arguments, "--key-file", str(key_file), cwd=tmp_path)
    assert refusal(run, 2) == problem


def test_a_missing_key_is_refused_with_the_names_that_have_one(tmp_path: Path) -> None:
    folder = tmp_path / ".kuberedis"
    folder.mkdir()
    assert refusal(kuberedis("token", "cache", cwd=tmp_path)) == (
        "no key of an instance 'cache' in .kuberedis (`kuberedis local` makes it); name another, use --key-file or --key-stdin,"
        " or for an instance in a cluster --namespace"
    )
    key = folder / "user-cache/auth/api_key"
    key.parent.mkdir(parents=True)
    key.write_text(KEY)
    assert "(it has keys of user-cache)" in refusal(kuberedis("token", "cache", cwd=tmp_path))


def test_a_name_that_leads_out_of_the_data_folder_is_refused(tmp_path: Path) -> None:
    run = kuberedis("token", "../cache", cwd=tmp_path)
    assert refusal(run, 2).startswith("invalid value for 'NAME': '../cache' is not a name of an instance; write lower-case letters,")


@pytest.mark.parametrize("text", ["", "short"])
def test_a_text_that_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    run = kuberedis("token", "cache", "--key-stdin", cwd=tmp_path, stdin=text)
    assert refusal(run) == (
        f"that is not the key of an instance, it has {len(text)} characters: a key is 32 or more printable ASCII characters without a space"
    )


def test_two_sources_of_the_key_are_refused(key_file: Path, tmp_path: Path) -> None:
    run = kuberedis("token", "cache", "--key-stdin", "--key-file", str(key_file), cwd=tmp_path, stdin=KEY)
    assert refusal(run, 2) == "--key-file and --key-stdin are two sources of one key; leave one of them out"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"exp": 1}, "the token has expired"),
        ({"nbf": 2**33}, "the token is not valid yet (nbf)"),
        ({"aud": "other"}, "the audience (aud) is 'other', not 'cache'"),
        ({"scope": "root"}, "unknown scope; it is read, write or admin"),
        (
            {"acl": "+@all nopass"},
            "the acl claim has a part that is no key pattern (~), channel pattern (&), command or category (+, -)",
        ),
        ({"exp": None}, "the expiry (exp) is missing; it is required"),
        ({"exp": "tomorrow"}, "exp must be a number of seconds since 1970"),
    ],
)
def test_inspect_reports_why_a_token_would_be_refused(key_file: Path, tmp_path: Path, changed: dict[str, object], problem: str) -> None:
    said = {"aud": "cache", "exp": int(time.time()) + 60, "scope": "read", **changed}
    token = jwt.api_jws.encode(json.dumps({name: value for name, value in said.items() if value is not None}).encode(), KEY)
    code, report = inspect(tmp_path, token, "--key-file", str(key_file), "--instance", "cache")
    assert (code, report["accepted"], report["problems"]) == (1, False, [problem])


def test_inspect_reports_that_another_key_signed_it(key_file: Path, tmp_path: Path) -> None:
    token = jwt.encode({"aud": "cache", "exp": int(time.time()) + 60}, "x" * 43)
    code, report = inspect(tmp_path, token, "--key-file", str(key_file))
    assert (code, report["problems"]) == (1, ["the signature is not of this instance's key"])


def test_inspect_without_the_key_reports_that_the_signature_is_not_checked(tmp_path: Path) -> None:
    token = jwt.encode({"aud": "../../etc", "exp": int(time.time()) + 60}, "x" * 43)
    code, report = inspect(tmp_path, token)
    assert (code, report["signature_checked"]) == (0, False)


def test_inspect_reads_a_token_from_a_file(key_file: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("Bearer " + mint(tmp_path, "cache", "--key-file", str(key_file)) + "\n")
    code, report = inspect(tmp_path, "", "--token-file", "token", "--key-file", str(key_file))
    assert (code, report["claims"]["aud"]) == (0, "cache")
    assert 3500 < report["expires_in_seconds"] <= 3600


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "e30.e30.", "é"])
def test_inspect_takes_any_text(tmp_path: Path, token: str) -> None:
    code, report = inspect(tmp_path, token)
    assert code == 1
    assert report["problems"]


def test_inspect_without_a_token_explains_how_to_pass_one(tmp_path: Path) -> None:
    run = kuberedis("token", "inspect", cwd=tmp_path)
    assert refusal(run) == "no token; pass it on standard input, or name a file with --token-file"


def test_on_a_terminal_inspect_prompts_and_prints_text(key_file: Path, tmp_path: Path) -> None:
    token = mint(tmp_path, "cache", "--scope", "read", "--key-prefix", "user:", "--key-file", str(key_file))
    terminal = Terminal([*COMMAND, "token", "inspect", "--key-file", str(key_file)], tmp_path)
    try:
        eventually(lambda: "Paste the token, then press Enter:" in terminal.text)
        terminal.press(token + "\n")
        assert terminal.process.wait(LIMIT_SECONDS) == 0
        eventually(lambda: "would be accepted" in terminal.text)
        words = [line.split(maxsplit=1) for line in terminal.text.splitlines()]
    finally:
        terminal.end()
    assert ["commands", "commands that only read"] in [[part.strip() for part in line] for line in words]
    assert ["keys", "user:*"] in [[part.strip() for part in line] for line in words]
    assert ["channels", "none"] in [[part.strip() for part in line] for line in words]


def test_minting_does_not_wait_for_the_web_server_to_be_imported(key_file: Path, tmp_path: Path) -> None:
    run = subprocess.run(
        [COMMAND[0], "-X", "importtime", *COMMAND[1:], "token", "cache", "--key-file", str(key_file)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT_SECONDS,
    )
    imported = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines()}
    assert "kuberedis_core.signing" in imported
    assert not imported & {"sanic", "redis", "yaml", "watchfiles", "structlog", "rich.console", "kubernetes"}


def test_a_token_works_for_an_upstash_client(start_local: StartLocal, tmp_path: Path) -> None:
    ready = start_local().wait_for("ready")
    token = mint(tmp_path, "local", "--ttl", "60")
    answer = httpx.post(ready["url"], json=["SET", "a", "1"], headers={"Authorization": f"Bearer {token}"})
    assert answer.json() == {"result": "OK"}
