"""The commands for instances of local mode or of a cluster: their options and help. Their code is imported when one runs."""

from pathlib import Path
from typing import Annotated

import typer

from kuberedis_cli.cluster.commands import cluster_of
from kuberedis_cli.cluster.options import Access, Context, InstanceName, Kubeconfig, Namespace
from kuberedis_cli.errors import UsageError
from kuberedis_cli.output.choice import Format, Output
from kuberedis_cli.output.lines import write_line
from kuberedis_cli.output.panels import INSTANCES
from kuberedis_cli.places import DataDir, place_of
from kuberedis_cli.token.key_source import KeySource

instance_app = typer.Typer()


Watch = Annotated[
    bool, typer.Option("--watch", "-w", help="Go on until Ctrl-C: kept up to date on a terminal, a line per change in a pipe.")
]


@instance_app.command("list", rich_help_panel=INSTANCES)
def list_(
    context_: typer.Context,
    all_namespaces: Annotated[
        bool, typer.Option("--all-namespaces", "-A", help="The instances of all namespaces of the cluster that you may see.")
    ] = False,
    watch: Watch = False,
    data_dir: DataDir = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.AUTO,
) -> None:
    """List instances: whether they are ready, and where they answer."""
    if all_namespaces and data_dir is not None:
        raise UsageError("-A is for a cluster, and --data-dir for local mode; leave one of them out")
    place = place_of(context_, Access(namespace, context, kubeconfig), data_dir)
    if place.folder is None or all_namespaces:
        _list_cluster(place.access, everywhere=all_namespaces, watch=watch, output=output)
    else:
        _list_local(place.folder, watch=watch, output=output)


def _list_cluster(access: Access, *, everywhere: bool, watch: bool, output: Output) -> None:
    with cluster_of(access) as cluster:
        from kuberedis_cli.cluster.listing import follow, listing
        from kuberedis_cli.instance.listing import show, show_changes

        found = listing(cluster, everywhere=everywhere)
        if found.is_partial:
            write_line(
                f"kuberedis: you may not list the instances of all namespaces, so these are those of {cluster.namespace};"
                " --namespace names another",
                error=True,
            )
        if watch:
            show_changes(follow(cluster, found), output, with_namespace=everywhere)
        else:
            none = "no instances" if found.namespace is None else f"no instances in namespace {found.namespace}"
            show(found.rows, output, with_namespace=everywhere, none=none)


def _list_local(folder: Path, *, watch: bool, output: Output) -> None:
    from kuberedis_cli.instance.listing import show, show_changes
    from kuberedis_cli.local.listing import follow, listing

    if watch:
        show_changes(follow(folder), output, with_namespace=False)
    else:
        none = f"no instances in {folder}; with --namespace those of the cluster are listed"
        show(listing(folder), output, with_namespace=False, none=none)


@instance_app.command(rich_help_panel=INSTANCES)
def status(
    context_: typer.Context,
    name: InstanceName,
    watch: Watch = False,
    data_dir: DataDir = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.AUTO,
) -> None:
    """Show the state of an instance: conditions, memory, keys, clients, restarts and the last events, on one screen."""
    place = place_of(context_, Access(namespace, context, kubeconfig), data_dir)
    if place.folder is None:
        with cluster_of(place.access) as cluster:
            from kuberedis_cli.instance import status

            status.of_cluster(cluster, name, output, watch=watch)
    else:
        from kuberedis_cli.instance import status

        status.of_local_mode(place.folder, name, output, watch=watch)


@instance_app.command(rich_help_panel=INSTANCES)
def key(
    context_: typer.Context,
    name: InstanceName,
    data_dir: DataDir = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Print the key of an instance, and nothing else.

    Hand out tokens rather than the key: `kuberedis token NAME`.
    """
    place = place_of(context_, Access(namespace, context, kubeconfig), data_dir)
    write_line(KeySource(place).signing_of(name).keys[0])
