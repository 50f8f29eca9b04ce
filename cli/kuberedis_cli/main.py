"""The `kuberedis` command: its options and help. What a command does is in modules that are imported when it runs."""

import sys
from dataclasses import asdict
from importlib.metadata import version
from typing import Annotated

import typer
from typer.core import TyperGroup

from kuberedis_cli.change.commands import change_app
from kuberedis_cli.cluster.commands import cluster_app
from kuberedis_cli.cluster.options import PLUGIN, Access, Context, Kubeconfig, Namespace
from kuberedis_cli.connect.commands import connect_app
from kuberedis_cli.errors import CommandError, UsageError
from kuberedis_cli.instance.commands import instance_app
from kuberedis_cli.local.commands import local_app
from kuberedis_cli.output.lines import write_line
from kuberedis_cli.places import RULE
from kuberedis_cli.token.commands import token_app

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown")
app.add_typer(local_app, name="local")
app.add_typer(token_app, name="token")
app.add_typer(instance_app)
app.add_typer(connect_app)
app.add_typer(change_app)
app.add_typer(cluster_app)


def main() -> None:
    """Entry point of the console script `kuberedis`."""
    _run("kuberedis")


def kubectl_plugin() -> None:
    """Entry point of `kubectl-kuberedis`, which kubectl runs as `kubectl kuberedis`."""
    _run(PLUGIN)


def _run(program: str) -> None:
    try:
        app(prog_name=program)
    except CommandError as error:
        for problem in error.problems:
            write_line(f"kuberedis: {problem}", error=True)
        sys.exit(error.exit_code)


def _print_version(wanted: bool) -> None:
    if wanted:
        write_line(f"kuberedis {version('kuberedis-gateway')}")
        raise typer.Exit


@app.callback(help=f"Redis over HTTP: run it on this machine or in a cluster, and mint the tokens that reach it.\n\n{RULE}")
def kuberedis(
    context_: typer.Context,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """The options that may precede a command, as of kubectl."""
    access = Access(namespace, context, kubeconfig)
    if access.given and context_.invoked_subcommand == "local":
        raise UsageError("`kuberedis local` runs without a cluster; leave out --namespace, --context and --kubeconfig")
    defaults = {option: value for option, value in asdict(access).items() if value is not None}
    context_.default_map = {**dict.fromkeys(_names(context_), defaults), "token": {"mint": defaults, "revoke": defaults}}


def _names(context: typer.Context) -> list[str]:
    """Names of the commands of the program."""
    return context.command.list_commands(context) if isinstance(context.command, TyperGroup) else []
