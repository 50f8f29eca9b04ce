"""`kuberedis env` and `kuberedis cli`: the Redis of an instance of local mode from a shell."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.command import COMMAND, LIMIT_SECONDS, RunningLocal, kuberedis


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
            "no instance other runs with the data folder .kuberedis; there is local; with --namespace it is looked for in the cluster",
        ),
        (("env", "local", "--ttl", "5m"), 2, "--scope, --ttl, --key-prefix and --acl are for a token; add --token"),
        (
            ("env", "local", "--data-dir", "nowhere"),
            1,
            (
                "no `kuberedis local` runs with the data folder nowhere; start it, or name its folder with --data-dir;"
                " with --namespace it is looked for in the cluster"
            ),
        ),
    ],
)
def test_what_cannot_be_reached_is_refused(folder: Path, arguments: tuple[str, ...], code: int, problem: str) -> None:
    done = kuberedis(*arguments, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", f"kuberedis: {problem}\n")
