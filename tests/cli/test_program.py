"""The program as a whole: how it refuses a command line, what it suggests, its help, its version, and the completion of its words."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

from kuberedis_cli.main import main
from kuberedis_core.version import VERSION
from tests.cli.command import kuberedis

NO_CLUSTER = {"KUBECONFIG": "/nowhere"}


class Run(Protocol):
    """Run the command in this process: its exit code, standard output and standard error."""

    def __call__(self, *arguments: str) -> tuple[int, str, str]: ...


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["kuberedis", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        return int(ended.value.code or 0), written.out, written.err

    return command


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["lst"], "there is no command 'lst'; did you mean list?; see `kuberedis -h`"),
        (["rotat"], "there is no command 'rotat'; see `kuberedis -h`"),
        (["uninstal"], "there is no command 'uninstal'; did you mean install?; see `kuberedis -h`"),
        (["delet", "cache"], "there is no command 'delet'; see `kuberedis -h`"),
        (["status"], "missing argument 'NAME'; see `kuberedis status -h`"),
        (["list", "--nope"], "no such option: --nope; see `kuberedis list -h`"),
        (["--nope"], "no such option: --nope; see `kuberedis -h`"),
        (
            ["list", "-o", "yaml"],
            "invalid value for '--output' / '-o': 'yaml' is not one of 'auto', 'text', 'json'; see `kuberedis list -h`",
        ),
        (
            ["proxy", "a", "--port", "70000"],
            "invalid value for '--port': 70000 is not a port; write a number up to 65535, or 0 for a free one",
        ),
    ],
)
def test_a_command_line_that_cannot_be_carried_out_is_refused_on_one_line(arguments: list[str], problem: str, run: Run) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    [line] = err.splitlines()
    assert line.startswith(f"kuberedis: {problem}")


@pytest.mark.parametrize(
    ("arguments", "code", "begin"),
    [
        (["status", "cache", "-o", "json", "--kubeconfig", "/nowhere"], 1, "there is no kubeconfig at /nowhere"),
        (["status", "--output", "json"], 2, "missing argument 'NAME'"),
        (["env", "cache", "--output=json", "--kubeconfig", "/nowhere"], 1, "there is no kubeconfig at /nowhere"),
        (["local", "-o", "json", "nothing.yaml"], 1, "nothing.yaml"),
    ],
)
def test_an_error_is_json_where_json_is_asked_for(arguments: list[str], code: int, begin: str, run: Run) -> None:
    ended, _, err = run(*arguments)
    assert (ended, json.loads(err)["error"].startswith(begin)) == (code, True), err


def test_several_problems_are_listed_one_by_one(run: Run) -> None:
    _, _, err = run("local", "-o", "json", "one.yaml", "two.yaml")
    found = json.loads(err)
    assert [problem.partition(":")[0] for problem in found["problems"]] == ["one.yaml", "two.yaml"]
    assert found["error"] == "; ".join(found["problems"])


def test_the_help_names_values_as_the_field_does(tmp_path: Path) -> None:
    program = [sys.executable, "-c", _EVERY_HELP]
    done = subprocess.run(
        program, cwd=tmp_path, env=os.environ | {"COLUMNS": "200"}, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.count("Usage: kuberedis") > 20
    assert re.findall(r"<(?:str|int|bool|path|file|directory|float|[a-z]+ range)>|--[A-Z]+|Value error", done.stdout) == []
    assert done.stdout.count(" -h ") > 20


_EVERY_HELP = """
import typer
from kuberedis_cli.main import app
program = typer.main.get_command(app)
def show(command, words, parent):
    context = command.make_context(words, [], parent, resilient_parsing=True)
    print(command.get_help(context))
    for name, each in getattr(command, "commands", {}).items():
        show(each, f"{words} {name}" if parent is None else name, context)
show(program, "kuberedis", None)
"""


def test_the_help_tells_where_instances_are_looked_for(run: Run) -> None:
    for asked in ([], ["-h"], ["--help"]):
        code, out, _ = run(*asked)
        assert (code, "otherwise in the data folder of kuberedis local" in " ".join(out.split())) == (0, True)


def test_version_says_that_of_the_program_without_a_cluster(run: Run) -> None:
    assert json.loads(run("version", "--kubeconfig", "/nowhere")[1]) == {"client": VERSION, "operators": None}
    text = run("version", "-o", "text", "--kubeconfig", "/nowhere")[1].splitlines()
    assert text[0].split() == ["kuberedis", VERSION]
    assert text[1].startswith("operator   not known: there is no kubeconfig at /nowhere")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["swi"], ["switchover"]),
        (["key", ""], ["cache", "other"]),
        (["token", "mint", "ca"], ["cache"]),
        (["status", "cache", "--kubec"], ["--kubeconfig"]),
        (["rotate", "-n", "team", ""], []),
    ],
)
def test_commands_options_and_names_are_completed_in_shells_and_by_kubectl(words: list[str], offered: list[str], tmp_path: Path) -> None:
    for name in ("cache", "other"):
        (tmp_path / ".kuberedis" / name / "auth").mkdir(parents=True)
        (tmp_path / ".kuberedis" / name / "auth/api_key").write_text("k" * 43)
    typed = {"COMP_WORDS": " ".join(["kuberedis", *words]), "COMP_CWORD": str(len(words)), "_KUBEREDIS_COMPLETE": "complete_bash"}
    assert kuberedis(cwd=tmp_path, env=NO_CLUSTER | typed).stdout.split() == offered
    plugin = [sys.executable, "-c", "from kuberedis_cli.entry import kubectl_completion; kubectl_completion()", *words]
    if "key" not in words and "token" not in words:  # a plugin of kubectl looks in the cluster
        done = subprocess.run(plugin, cwd=tmp_path, env=os.environ | NO_CLUSTER, capture_output=True, text=True, check=True, timeout=60)
        *found, directive = done.stdout.splitlines()
        assert ([line.partition("\t")[0] for line in found if line], directive, done.stderr) == (offered, ":4", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_a_script_for_a_shell_asks_the_program(shell: str, run: Run) -> None:
    code, out, err = run("completion", shell)
    assert (code, err) == (0, "")
    assert f"_KUBEREDIS_COMPLETE=complete_{shell}" in out or f'_KUBEREDIS_COMPLETE = "complete_{shell}"' in out


def test_a_command_that_local_mode_has_not_says_what_does_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".kuberedis").mkdir()
    code, _, err = run("switchover", "cache")
    assert code == 1
    assert err.endswith("add --namespace for one in the cluster, or for one of local mode use `kuberedis local failover NAME`\n")
