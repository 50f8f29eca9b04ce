"""`kuberedis list` and `status` tell how the instances of local mode are, from beside the command that runs them."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

from tests.cli.command import COMMAND, LIMIT_SECONDS, kuberedis
from tests.cli.conftest import StartLocal


def answer(cwd: Path, *arguments: str) -> Any:
    done = kuberedis(*arguments, cwd=cwd, env={"KUBECONFIG": str(cwd / "none")})
    assert (done.returncode, done.stderr) == (0, ""), done
    return json.loads(done.stdout)


def test_list_and_status_tell_what_runs_and_what_does_not(start_local: StartLocal, tmp_path: Path) -> None:
    running = start_local()
    url = running.wait_for("ready", instance="local")["url"]
    watching = subprocess.Popen([*COMMAND, "list", "--watch"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    with watching as process:
        assert process.stdout is not None
        try:
            assert json.loads(process.stdout.readline())["event"] == "added"
            [row] = answer(tmp_path, "list")
            assert (row["namespace"], row["name"], row["ready"], row["url"]) == (None, "local", "True", url)
            report = answer(tmp_path, "status", "local")
            assert (report["ready"], report["url"], report["keys"]) == ("True", url, 0)
            assert kuberedis("list", "-o", "text", cwd=tmp_path).stdout.split() == ["NAME", "READY", "URL", "local", "True", url]
            running.stop(signal.SIGINT)
            changed = json.loads(process.stdout.readline())
            assert (changed["event"], changed["ready"], changed["reason"]) == ("changed", "False", "NotRunning")
        finally:
            process.terminate()
            process.wait(LIMIT_SECONDS)
    assert "start it with `kuberedis local`" in kuberedis("status", "local", "-o", "text", cwd=tmp_path).stdout


def test_an_instance_that_is_not_there_is_answered_with_where_it_may_be(tmp_path: Path) -> None:
    (tmp_path / ".kuberedis/cache/auth").mkdir(parents=True)
    (tmp_path / ".kuberedis/cache/auth/api_key").write_text("k" * 43)
    done = kuberedis("status", "cahe", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        1,
        "kuberedis: there is no instance 'cahe' in .kuberedis (did you mean cache?); with --namespace it is looked for in the cluster\n",
    )
