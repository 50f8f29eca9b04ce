"""`kuberedis logs` and `kuberedis events`: their options and help. Their code is imported when one runs."""

from collections.abc import Iterable
from functools import partial
from typing import Annotated

import typer

from kuberedis_cli.cluster.commands import cluster_of
from kuberedis_cli.cluster.options import Access, Context, InstanceName, Kubeconfig, Namespace
from kuberedis_cli.observe.log_lines import Line, shown
from kuberedis_cli.output.choice import Format, Output
from kuberedis_cli.output.lines import write_line
from kuberedis_cli.output.panels import INSTANCES
from kuberedis_cli.places import DataDir, place_of

observe_app = typer.Typer()


@observe_app.command(
    rich_help_panel=INSTANCES, epilog="Examples: `kuberedis logs my-cache -f`, `kuberedis logs my-cache -c redis --tail 20`"
)
def logs(
    context_: typer.Context,
    name: InstanceName,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written from now on, until Ctrl-C.")] = False,
    container: Annotated[
        str | None, typer.Option("--container", "-c", metavar="NAME", help="Only redis, sidecar or sentinel; by default all.")
    ] = None,
    tail: Annotated[int, typer.Option(metavar="LINES", min=1, max=10_000, help="So many of the last lines of each log.")] = 200,
    data_dir: DataDir = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Show the logs of an instance: of all members and their containers, each line behind its pod and container."""
    place = place_of(context_, Access(namespace, context, kubeconfig), data_dir)
    note = partial(write_line, error=True)
    if place.folder is not None:
        from kuberedis_cli.observe import local_logs

        files = local_logs.files_of(place.folder, name, container)
        of_files = local_logs.following(files, tail) if follow else local_logs.last_lines(files, tail)
        return _write(of_files, [file.source for file in files])
    with cluster_of(place.access) as cluster:
        from kuberedis_cli.observe import cluster_logs

        sources = cluster_logs.sources_of(cluster, name, container)
        of_pods = (cluster_logs.following if follow else cluster_logs.last_lines)(cluster, sources, tail, note)
        return _write(of_pods, [str(source) for source in sources])


def _write(lines: Iterable[Line], sources: list[str]) -> None:
    width = max(map(len, sources)) if len(sources) > 1 else 0
    for line in lines:
        write_line(shown(line, width))


@observe_app.command(rich_help_panel=INSTANCES, epilog="Example: `kuberedis events my-cache -w`")
def events(
    context_: typer.Context,
    name: InstanceName,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on with those that come, each on a line, until Ctrl-C.")] = False,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.AUTO,
) -> None:
    """Show what happened to an instance, its pods, volumes and route, the newest last."""
    access = place_of(context_, Access(namespace, context, kubeconfig)).only_in_a_cluster(
        "kuberedis events", "read what `kuberedis local --output json` prints"
    )
    with cluster_of(access) as cluster:
        from kuberedis_cli.observe import events

        if watch:
            events.show_each(events.coming(cluster, name), as_text=output.is_text())
        else:
            events.show(events.past(cluster, name), as_text=output.is_text())
