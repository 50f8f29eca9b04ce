"""`kuberedis report`: its options and help. Its code is imported when it runs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from kuberedis_cli.cluster.commands import cluster_of
from kuberedis_cli.cluster.options import Access, Context, Kubeconfig, Namespace
from kuberedis_cli.output.choice import Format, Output
from kuberedis_cli.output.lines import write_json, write_line
from kuberedis_cli.output.panels import INSTANCES
from kuberedis_cli.places import DataDir, Place, place_of
from kuberedis_core.version import VERSION

support_app = typer.Typer()


@support_app.command(rich_help_panel=INSTANCES, epilog="Example: `kuberedis report my-cache -n team-a`")
def report(
    context_: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Name of the instance; without one those of the namespace or data folder.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", "-f", dir_okay=False, metavar="FILE", help="Where to write it.", show_default="kuberedis-report-TIME.tar.gz"
        ),
    ] = None,
    data_dir: DataDir = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.AUTO,
) -> None:
    """Write what somebody who helps you has to see into a file: instances, pods, events, logs, the operator, what doctor says.

    Secrets are not read, and what looks like a key, a token or a password in the rest is left out. Look into the file before you send it.
    """
    place = place_of(context_, Access(namespace, context, kubeconfig), data_dir)
    path = file or Path(f"kuberedis-report-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar.gz")
    from kuberedis_cli.output.console import Progress

    with Progress(output).waiting_for("objects and logs"):
        names = _written(path, place, name)
    if output.is_text():
        write_line(f"{path} has {len(names)} parts; look into it before you send it: tar -xzf {path}")
    else:
        write_json({"file": str(path), "parts": names})


def _written(path: Path, place: Place, name: str | None) -> list[str]:
    """Write the report. Returns the names of its parts."""
    from kuberedis_cli.support.bundle import created

    with created(path) as bundle:
        if place.folder is not None:
            from kuberedis_cli.support.local_parts import add_local

            add_local(bundle, place.folder, name, VERSION)
        else:
            with cluster_of(place.access) as cluster:
                from kuberedis_cli.support.cluster_parts import add_cluster

                add_cluster(bundle, cluster, name, VERSION)
        return bundle.names
