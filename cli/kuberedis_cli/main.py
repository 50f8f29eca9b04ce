"""The `kuberedis` command: its options and help. What a command does is in modules that are imported when it runs."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer
from typer.core import TyperGroup

from kuberedis_cli.about.commands import about_app
from kuberedis_cli.about.completion import complete_for_kubectl, prepare
from kuberedis_cli.change.commands import change_app
from kuberedis_cli.cluster.commands import cluster_app
from kuberedis_cli.cluster.options import PLUGIN, Access, Context, Kubeconfig, Namespace
from kuberedis_cli.connect.commands import connect_app
from kuberedis_cli.diagnose.commands import diagnose_app
from kuberedis_cli.errors import CommandError, UsageError
from kuberedis_cli.instance.commands import instance_app
from kuberedis_cli.local.commands import local_app
from kuberedis_cli.observe.commands import observe_app
from kuberedis_cli.output.lines import write_line
from kuberedis_cli.places import RULE
from kuberedis_cli.program import Program, usage_problems, write_problems
from kuberedis_cli.support.commands import support_app
from kuberedis_cli.token.commands import token_app
from kuberedis_core.version import VERSION

app = typer.Typer(
    cls=Program,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(local_app, name="local")
app.add_typer(token_app, name="token")
app.add_typer(instance_app)
app.add_typer(connect_app)
app.add_typer(observe_app)
app.add_typer(diagnose_app)
app.add_typer(support_app)
app.add_typer(change_app)
app.add_typer(cluster_app)
app.add_typer(about_app)


def main() -> None:
    """The command `kuberedis`."""
    _run("kuberedis")


def kubectl_plugin() -> None:
    """The command `kubectl kuberedis`."""
    _run(PLUGIN)


def kubectl_completion() -> None:
    """The completion of `kubectl kuberedis`, as kubectl asks for it."""
    complete_for_kubectl(app, sys.argv[1:])


def _run(program: str) -> None:
    prepare(program)
    try:
        code = app(prog_name=program, standalone_mode=False)
    except (typer.TyperException, CommandError) as error:
        write_problems(usage_problems(error), as_json=False)
        code = 2
    except typer.Abort:
        code = 1
    sys.exit(code)


def _print_version(wanted: bool) -> None:
    if wanted:
        write_line(f"kuberedis {VERSION}")
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
    context_.default_map = {**dict.fromkeys(_names(context_), defaults), "token": dict.fromkeys(("mint", "inspect", "revoke"), defaults)}


def _names(context: typer.Context) -> list[str]:
    """Names of the commands of the program."""
    return context.command.list_commands(context) if isinstance(context.command, TyperGroup) else []
