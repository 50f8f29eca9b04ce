"""`kuberedis local`: run instances on this machine, and have one of them fail over.

What they do is in modules that are imported when they run.
"""

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from kuberedis_cli.errors import LocalModeError, UsageError
from kuberedis_cli.local.data_folder import DEFAULT_DATA_FOLDER, named_folder
from kuberedis_cli.output.choice import Format, Output
from kuberedis_cli.ports import Port


class RunUnlessNamed(TyperGroup):
    """`kuberedis local MANIFEST` means `kuberedis local run MANIFEST`; a file called `failover` is `./failover`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if not args or args[0] not in self.commands:
            args = ["run", *args]
        return super().parse_args(ctx, args)


local_app = typer.Typer(cls=RunUnlessNamed, rich_markup_mode="markdown", help="Run instances of Redis over HTTP on this machine.")


@local_app.command()
def run(
    manifests: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[MANIFEST]...",
            help="Files, or folders of *.yaml, *.yml and *.json. Without any, an instance named 'local' runs.",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Address to listen on. Another than 127.0.0.1 may let other machines in.")
    ] = "127.0.0.1",
    port: Port = 8080,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            file_okay=False, metavar="FOLDER", show_default=False, help=f"Where keys and data are kept; by default {DEFAULT_DATA_FOLDER}."
        ),
    ] = None,
    ephemeral: Annotated[
        bool, typer.Option("--ephemeral", help="Keep nothing: a new key, no persistence, no data folder. For tests.")
    ] = False,
    dashboard: Annotated[
        bool, typer.Option("--dashboard", help="Serve the dashboard too, on a free port of 127.0.0.1, and print the link that enters it.")
    ] = False,
    output: Format = Output.AUTO,
) -> None:
    """Run instances of Redis over HTTP on this machine, without a cluster.

    Takes the manifests that `kubectl apply` takes. Each instance answers under `http://HOST:PORT/instances/NAME`; a curl
    line that works is printed when it is ready. Its data survive a restart, and `kuberedis key NAME` prints its key.

    Manifests are watched: one that is changed, added to a folder or deleted takes effect at once. Ctrl-C stops all.

    An instance with `replicas: 3` has three servers; `kuberedis local failover NAME` makes another one the primary.
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
        run_local(ManifestFiles(manifests) if manifests else BuiltIn(), Options(host, port, folder, dashboard), reporter)
    except LocalModeError as error:
        if isinstance(reporter, JsonLines):
            for problem in error.problems:
                reporter.emit(Error(problem))
        raise


@local_app.command()
def failover(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the instance; it has replicas: 3.")],
    kill: Annotated[bool, typer.Option("--kill", help="Kill the primary's server with SIGKILL, in place of a planned switchover.")] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            metavar="FOLDER",
            show_default=False,
            help=f"Data folder of the running `kuberedis local`; by default {DEFAULT_DATA_FOLDER}.",
        ),
    ] = None,
    output: Format = Output.AUTO,
) -> None:
    """Have another member of a running instance become the primary, to see how an application takes it.

    A planned switchover, as before a pod of a cluster is replaced, fails no request. With `--kill` it is a failure: the
    requests that are being carried out fail with 503, and what comes after them waits for the new primary.
    """
    from kuberedis_cli.local.request_failover import request_failover
    from kuberedis_cli.output.console import Progress

    request_failover(named_folder(data_dir), name, kill=kill, progress=Progress(output))
