"""When `kuberedis local` cannot run, it prints a line with what is wrong and what to do."""

import json
import socket
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import kuberedis
from tests.cli.conftest import StartLocal
from tests.cli.manifest_files import manifest, write


def refusal(run: subprocess.CompletedProcess[str], exit_code: int = 1) -> str:
    """The one line on standard error; in a pipe the same is an event on standard output."""
    assert run.returncode == exit_code, run
    [line] = run.stderr.splitlines()
    return line.removeprefix("kuberedis: ")


def test_two_files_with_one_name_are_both_named(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "cache")
    write(tmp_path / "b.yaml", "cache")
    run = kuberedis("local", "a.yaml", "b.yaml", "--port", "0", cwd=tmp_path)
    text = "instance cache is defined twice: in a.yaml and in b.yaml; rename or remove one"
    assert refusal(run) == text
    assert json.loads(run.stdout) == {"event": "error", "message": text}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("spec: [", "not YAML: line 1, column 8: expected the node content, but found '<stream end>'"),
        ("", "no RedisHttpInstance in this file"),
        ("- 1", "not a manifest; it must have apiVersion: cache.yourcompany.com/v1alpha1 and kind: RedisHttpInstance"),
        (manifest("cache", capacity="1GB"), "spec.capacity: '1GB' is not a Kubernetes quantity; write 1Gi"),
        (manifest("cache", capacity="100m"), "spec.capacity: '100m' is not a Kubernetes quantity; write 100Mi"),
        (manifest("cache", capacity=None), "spec.capacity: missing; write for example capacity: 1Gi"),
        (manifest("cache", size="1Gi"), "spec.size: unknown field; remove it, or upgrade if a newer release has it"),
        (manifest("cache", maxMemory="1Gi"), "spec.maxMemory: unknown field; did you mean maxmemory?"),
        (manifest("cache", maxmemory="2Gi"), "spec.maxmemory: 2Gi is more than spec.capacity, 1Gi; write at most that"),
        (
            manifest("cache", capacity="1Mi"),
            "spec.capacity: leaves Redis 512Ki of memory, less than the 2Mi it needs; write for example 64Mi",
        ),
        (
            manifest("cache", persistence="everysec"),
            "spec.persistence: 'everysec' is not known; write one of aof, rdb, none",
        ),
        (
            manifest("Cache_1"),
            (
                "metadata.name: 'Cache_1' is not a name of an instance; write lower-case letters, digits and '-', beginning with a"
                " letter and ending with a letter or digit"
            ),
        ),
        (manifest("c" * 51), f"metadata.name: '{'c' * 51}' has 51 characters; write at most 50"),
        (
            manifest("cache").replace("v1alpha1", "v1"),
            "apiVersion: is 'cache.yourcompany.com/v1'; write cache.yourcompany.com/v1alpha1",
        ),
        (
            manifest("cache").replace("RedisHttpInstance", "RedisHTTPInstance"),
            "kind: is 'RedisHTTPInstance'; write RedisHttpInstance",
        ),
    ],
)
def test_a_bad_manifest_is_refused_with_what_to_write_instead(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "cache.yaml").write_text(text)
    assert refusal(kuberedis("local", "cache.yaml", "--port", "0", cwd=tmp_path)) == f"cache.yaml: {problem}"
    assert not (tmp_path / ".kuberedis").exists()


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cache.yaml").write_bytes(b"\xff\xfe\x00")
    assert refusal(kuberedis("local", "cache.yaml", cwd=tmp_path)) == "cache.yaml: not a text file in UTF-8"


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    assert refusal(kuberedis("local", "cache.yaml", cwd=tmp_path)) == "cache.yaml: no such file or folder"


def test_a_folder_without_manifests_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    problem = "folder: no manifest in this folder; it needs a file that ends with .yaml, .yml or .json"
    assert refusal(kuberedis("local", "folder", cwd=tmp_path)) == problem


def test_a_taken_port_is_named_with_the_option_that_helps(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = kuberedis("local", "--port", str(port), cwd=tmp_path)
    text = f"port {port} on 127.0.0.1 is taken; choose another with --port, or a free one with --port 0"
    assert refusal(run) == text


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    text = refusal(kuberedis("local", "--host", "192.0.2.1", "--port", "0", cwd=tmp_path))
    assert text.startswith("cannot listen on 192.0.2.1, port 0: ")
    assert text.endswith("; choose others with --host and --port")


def test_a_data_folder_in_use_is_refused_with_the_process_that_holds_it(start_local: StartLocal, tmp_path: Path) -> None:
    running = start_local()
    running.ready("local")
    assert refusal(kuberedis("local", "--port", "0", cwd=tmp_path)) == (
        f"data folder .kuberedis is in use by another `kuberedis local` (process {running.process.pid});"
        " stop that one, or choose another folder with --data-dir"
    )
    other = start_local("--data-dir", "other")
    other.ready("local")


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    text = refusal(kuberedis("local", "--port", "0", "--data-dir", "file/folder", cwd=tmp_path))
    assert text == "data folder file/folder cannot be used: Not a directory; choose another with --data-dir"


def test_data_that_cannot_be_read_are_reported_with_the_message_of_the_server(start_local: StartLocal, tmp_path: Path) -> None:
    running = start_local()
    running.ready("local")
    running.stop()
    [index] = tmp_path.glob(".kuberedis/local/data/appendonlydir/*.manifest")
    index.write_text("nonsense")
    text = refusal(kuberedis("local", "--port", "0", cwd=tmp_path))
    assert text.startswith("instance local: valkey-server ended with exit code 1: ")
    assert text.endswith("(log: .kuberedis/local/valkey.log)")


def test_an_unusable_key_is_refused(tmp_path: Path) -> None:
    key = tmp_path / ".kuberedis/local/auth/api_key"
    key.parent.mkdir(parents=True, mode=0o700)
    key.touch(mode=0o600)
    key.write_text("short")
    text = refusal(kuberedis("local", "--port", "0", cwd=tmp_path))
    assert text.startswith("instance local: ")
    assert "api_key" in text


def test_a_bad_limit_in_the_environment_is_named(tmp_path: Path) -> None:
    run = kuberedis("local", "--port", "0", cwd=tmp_path, env={"KUBEREDIS_MAX_GRANTS": "many"})
    assert refusal(run).startswith("instance local: KUBEREDIS_MAX_GRANTS: 'many' does not fit")


def test_nothing_is_kept_in_two_ways_at_once(tmp_path: Path) -> None:
    run = kuberedis("local", "--ephemeral", "--data-dir", "here", cwd=tmp_path)
    assert refusal(run, exit_code=2) == "--ephemeral keeps nothing, so it has no --data-dir; leave one of them out"
