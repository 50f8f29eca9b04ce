"""The completion of command lines: scripts for shells, and the protocol by which kubectl asks its plugins."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence

import typer

from kuberedis_cli.cluster.options import PLUGIN
from kuberedis_cli.output.lines import write_line

_NO_FILES = ":4"
"""ShellCompDirectiveNoFileComp: what was written is all there is, and no names of files
(https://pkg.go.dev/github.com/spf13/cobra#ShellCompDirective)."""


def script(program: str, shell: str) -> str:
    """A script that has a shell ask `program` for completions."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined] # it is there, and not declared

    return str(get_completion_script(prog_name=program, complete_var=variable(program), shell=shell))


def prepare(program: str) -> None:
    """Let the program answer a shell that asks for completions; without such a shell, nothing."""
    if variable(program) in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]

        completion_init()


def complete_for_kubectl(app: typer.Typer, words: Sequence[str]) -> None:
    """Write what may come last in a command line of `kubectl kuberedis`, one on each line with its help, and then a directive.

    See https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/; kubectl passes the words behind the plugin's name, of which
    the last is the one to complete.
    """
    *before, last = words or [""]
    # What typer writes for fish has the form that kubectl expects.
    os.environ["_TYPER_COMPLETE_ARGS"] = shlex.join(["kubectl-kuberedis", *before]) + " " + (shlex.quote(last) if last else "")
    os.environ["_TYPER_COMPLETE_FISH_ACTION"] = "get-args"
    os.environ[variable(PLUGIN)] = "complete_fish"
    prepare(PLUGIN)
    try:
        app(prog_name=PLUGIN, complete_var=variable(PLUGIN))
    except SystemExit:
        sys.stdout.flush()
    write_line(_NO_FILES)


def variable(program: str) -> str:
    """The environment variable by which a shell asks `program` for completions."""
    return f"_{program}_COMPLETE".replace("-", "_").replace(" ", "_").upper()
