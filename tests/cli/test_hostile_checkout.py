"""`kuberedis local` in a checkout of somebody else's repository."""

from pathlib import Path

from tests.cli.command import kuberedis, redis
from tests.cli.conftest import StartLocal

KEY = "k" * 43


def test_a_key_and_data_in_a_checkout_are_refused(tmp_path: Path) -> None:
    key = tmp_path / ".kuberedis/local/auth/api_key"
    key.parent.mkdir(parents=True)
    key.write_text(KEY)
    for path in (key, *key.parents[:3]):
        # As git writes it.
        path.chmod(0o644 if path == key else 0o755)
    run = kuberedis("local", "--port", "0", cwd=tmp_path)
    assert (run.returncode, run.stdout.count("error")) == (1, 1)
    assert "so `kuberedis local` did not make it; remove it if it is not yours" in run.stderr
    assert KEY not in run.stdout + run.stderr
    token = kuberedis("token", "local", cwd=tmp_path)
    assert (token.returncode, token.stdout) == (1, "")
    assert "did not make it" in token.stderr


def test_no_file_is_written_through_a_link(start_local: StartLocal, tmp_path: Path) -> None:
    running = start_local()
    running.ready("local")
    running.stop()
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in ("redis.conf", "valkey.log"):
        (tmp_path / ".kuberedis/local" / name).unlink()
        (tmp_path / ".kuberedis/local" / name).symlink_to(victim)
    client = start_local().ready("local")
    assert redis(client, "PING") == "PONG"
    assert victim.read_text() == "precious"


def test_names_and_texts_of_manifests_do_not_act_on_the_terminal(tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    hostile = "\x1b]0;title\x07\x1b[2J\r\nFAKE\u202e"
    (folder / f"{hostile}.yaml").write_text("kind: [")
    (folder / "b.yaml").write_text(
        'apiVersion: "cache.yourcompany.com/v1alpha1"\nkind: RedisHttpInstance\n'
        'metadata: {name: "a\\e[2J\\r\\nFAKE\\u202e"}\nspec: {"capacity\\e[2J": "1Gi\\e[2J"}\n'
    )
    for output in ("text", "json"):
        run = kuberedis("local", "--port", "0", "--output", output, "manifests", cwd=tmp_path)
        assert run.returncode == 1
        written = run.stdout + run.stderr
        assert [letter for letter in written if not letter.isprintable() and letter != "\n"] == []
        assert [line for line in written.splitlines() if line.startswith("FAKE")] == []
        assert "FAKE" in written
