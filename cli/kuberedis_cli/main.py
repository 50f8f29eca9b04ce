"""The `kuberedis` command: its options and help. What a command does is in modules that are imported when it runs."""

import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from kuberedis_cli.cluster.commands import cluster_app
from kuberedis_cli.cluster.options import PLUGIN, Access, Context, Kubeconfig, Namespace
from kuberedis_cli.errors import CommandError, LocalModeError, UsageError
from kuberedis_cli.local.data_folder import DEFAULT_DATA_FOLDER, named_folder
from kuberedis_cli.output.choice import Output
from kuberedis_cli.output.lines import write_line
from kuberedis_cli.token.commands import token_app

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown")
app.add_typer(token_app, name="token")
app.add_typer(cluster_app)

_CLUSTER_COMMANDS = ("list", "status", "key", "rotate", "restart", "switchover", "proxy", "install", "uninstall")


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


@app.callback()
def kuberedis(
    context_: typer.Context,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Redis over HTTP: run it on this machine or in a cluster, and mint the tokens that reach it."""
    access = Access(namespace, context, kubeconfig)
    if access.given and context_.invoked_subcommand == "local":
        raise UsageError("`kuberedis local` runs without a cluster; leave out --namespace, --context and --kubeconfig")
    defaults = {option: value for option, value in asdict(access).items() if value is not None}
    context_.default_map = {**dict.fromkeys(_CLUSTER_COMMANDS, defaults), "token": {"mint": defaults, "revoke": defaults}}


@app.command()
def local(
    manifests: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="MANIFEST",
            help="Files, or folders of *.yaml, *.yml and *.json. Without any, an instance named 'local' runs.",
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on. Another than 127.0.0.1 may let other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8080,
    data_dir: Annotated[
        Path | None,
        typer.Option(file_okay=False, show_default=False, help=f"Where keys and data are kept; by default {DEFAULT_DATA_FOLDER}."),
    ] = None,
    ephemeral: Annotated[
        bool, typer.Option("--ephemeral", help="Keep nothing: a new key, no persistence, no data folder. For tests.")
    ] = False,
    output: Annotated[
        Output, typer.Option(help="Text with a live table, or JSON lines; auto is text on a terminal, else JSON.")
    ] = Output.AUTO,
) -> None:
    """Run instances of Redis over HTTP on this machine, without a cluster.

    Takes the manifests that `kubectl apply` takes. Each instance answers under `http://HOST:PORT/instances/NAME`; its
    URL and key are printed when it is ready, and its data survive a restart.

    Manifests are watched: one that is changed, added to a folder or deleted takes effect at once. Ctrl-C stops all.
    """
    if ephemeral and data_dir is not None:
        raise UsageError("--ephemeral keeps nothing, so it has no --data-dir; leave one of them out")

    from kuberedis_cli.local.events import Error
    from kuberedis_cli.local.local_mode import Options, run_local
    from kuberedis_cli.local.manifest_sources import BuiltIn, ManifestFiles
    from kuberedis_cli.local.reporter import JsonLines, reporter_for

    folder = None if ephemeral else named_folder(data_dir)
    reporter = reporter_for(output)
    try:
        run_local(ManifestFiles(manifests) if manifests else BuiltIn(), Options(host, port, folder), reporter)
    except LocalModeError as error:
        if isinstance(reporter, JsonLines):
            for problem in error.problems:
                reporter.emit(Error(problem))
        raise
