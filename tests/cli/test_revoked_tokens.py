"""`kuberedis token revoke`, and the maximum lifetime of tokens, in local mode."""

from pathlib import Path

import jwt

from tests.cli.command import client_of, eventually, kuberedis, redis
from tests.cli.conftest import StartLocal
from tests.cli.manifest_files import write


def run(cwd: Path, *arguments: str, stdin: str = "") -> str:
    """The only line of output of a command that succeeds."""
    done = kuberedis("token", *arguments, cwd=cwd, stdin=stdin)
    assert (done.returncode, done.stderr) == (0, ""), done
    [line] = done.stdout.splitlines()
    return line


def refused(cwd: Path, *arguments: str, stdin: str = "") -> str:
    """The message of a command that fails."""
    done = kuberedis("token", *arguments, cwd=cwd, stdin=stdin)
    assert done.returncode in (1, 2), done
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_a_revoked_token_is_refused_and_told_of(start_local: StartLocal, tmp_path: Path) -> None:
    ready = start_local().wait_for("ready", instance="local")
    tokens = [run(tmp_path, "local", "--ttl", "5m") for _ in range(3)]
    ids = [jwt.decode(token, options={"verify_signature": False})["jti"] for token in tokens]
    with client_of(ready) as client:

        def statuses() -> list[int]:
            return [client.get("/echo/a", headers={"Authorization": f"Bearer {token}"}).status_code for token in tokens]

        assert statuses() == [200, 200, 200]
        assert f"revoked {ids[0]} of local" in run(tmp_path, "revoke", tokens[0])
        assert f"revoked {ids[1]} of local" in run(tmp_path, "revoke", ids[1], "--instance", "local")
        eventually(lambda: statuses() == [401, 401, 200])
        assert client.get("/echo/a").status_code == 200
    assert "the token was revoked" in refused(tmp_path, "inspect", stdin=tokens[0])
    assert run(tmp_path, "inspect", stdin=tokens[2])
    assert "refuses this token already: the token was revoked" in refused(tmp_path, "revoke", stdin=tokens[0])


def test_what_cannot_be_revoked_says_why(start_local: StartLocal, tmp_path: Path) -> None:
    ready = start_local().wait_for("ready", instance="local")
    claims = {"aud": "local", "exp": 2**33}
    forged = jwt.encode({**claims, "jti": "of-another"}, "x" * 43)
    assert "the signature is not of this instance's key" in refused(tmp_path, "revoke", forged)
    assert "the token has no id (jti)" in refused(tmp_path, "revoke", jwt.encode(claims, ready["api_key"]))
    assert "name the instance with --instance" in refused(tmp_path, "revoke", "an-id")
    assert "no key of an instance 'other'" in refused(tmp_path, "revoke", "an-id", "--instance", "other")
    assert "printable text" in refused(tmp_path, "revoke", "a\nb", "--instance", "local")
    assert not (tmp_path / ".kuberedis/local/auth/revoked_jti").exists()


def test_lifetime_of_tokens_is_limited_as_the_manifest_says(start_local: StartLocal, tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "cache", limits={"maxTokenSeconds": 60})
    running = start_local("cache.yaml")
    client = running.ready("cache")
    key = client.headers["Authorization"]
    assert "--ttl: cache accepts tokens for 60 seconds at most" in refused(tmp_path, "cache", "--ttl", "61")
    client.headers["Authorization"] = f"Bearer {run(tmp_path, 'cache')}"
    assert redis(client, "PING") == "PONG"
    lasting = jwt.encode({"aud": "cache", "exp": 2**33, "iat": 1}, key.removeprefix("Bearer "))
    assert client.get("/echo/a", headers={"Authorization": f"Bearer {lasting}"}).status_code == 401
    assert "longer than 60 seconds" in refused(tmp_path, "inspect", stdin=lasting)
    write(tmp_path / "cache.yaml", "cache")
    running.wait_for("changed", instance="cache")
    eventually(lambda: client.get("/echo/a", headers={"Authorization": f"Bearer {lasting}"}).status_code == 200)
    eventually(lambda: kuberedis("token", "cache", "--ttl", "2h", cwd=tmp_path).returncode == 0)
