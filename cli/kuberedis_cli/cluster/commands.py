"""The commands for instances in a cluster: their options and help. Their code is imported when one runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from kuberedis_cli.cluster.options import Access, Context, InstanceName, Kubeconfig, Namespace
from kuberedis_cli.durations import parse_seconds
from kuberedis_cli.errors import CommandError
from kuberedis_cli.output.choice import Format, Output
from kuberedis_cli.output.panels import IN_A_CLUSTER
from kuberedis_cli.places import place_of
from kuberedis_cli.ports import Port
from kuberedis_core.extras import package_of

if TYPE_CHECKING:
    from kuberedis_cli.cluster.connection import Cluster

Timeout = Annotated[str, typer.Option(metavar="DURATION", help="How long to wait: seconds, or a number with s, m or h.")]

cluster_app = typer.Typer()


@contextmanager
def cluster_of(access: Access) -> "Iterator[Cluster]":
    """The cluster that the options name.

    Raises:
        CommandError: Its packages are not installed, or a request fails.
    """
    try:
        from kuberedis_cli.cluster.connection import connected
    except ModuleNotFoundError as error:
        package = package_of(error)
        local = "" if access.given else "; for an instance of local mode go where its .kuberedis is, or name that with --data-dir"
        raise CommandError(
            f"commands for a cluster need the package {package}; install it with: pip install 'kuberedis-gateway[cluster]'{local}"
        ) from None
    with connected(access) as cluster:
        yield cluster


@cluster_app.command(rich_help_panel=IN_A_CLUSTER)
def rotate(
    context_: typer.Context,
    name: InstanceName,
    grace: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="How long the old key stays valid, such as 30m; 0 ends it at once. By default as the operator is set, 1h.",
        ),
    ] = None,
    ca: Annotated[
        bool,
        typer.Option("--ca", help="Replace the certificate authority of several members in place of the key; it takes some minutes."),
    ] = False,
    timeout: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="How long to wait: seconds, or a number with s, m or h. By default 1m, and 15m with --ca."),
    ] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.AUTO,
) -> None:
    """Replace the key of an instance. The old one stays valid for a while; no request is refused, nothing restarts."""
    if ca and grace is not None:
        raise typer.BadParameter("is for keys; leave it out with --ca", param_hint="--grace")
    grace_seconds = None if grace is None else parse_seconds(grace, "--grace")
    limit_seconds = parse_seconds(timeout or ("15m" if ca else "1m"), "--timeout")
    place = place_of(context_, Access(namespace, context, kubeconfig))
    access = place.only_in_a_cluster("kuberedis rotate", "delete `auth/api_key` in its folder and start `kuberedis local` again")
    with cluster_of(access) as cluster:
        if ca:
            from kuberedis_cli.cluster.rotate_authority import rotate_authority
            from kuberedis_cli.output.console import Progress

            rotate_authority(cluster, name, limit_seconds, Progress(output))
            return
        from kuberedis_cli.cluster.rotate import rotate
        from kuberedis_cli.output.console import Progress

        rotate(cluster, name, grace_seconds, limit_seconds, Progress(output))


@cluster_app.command(rich_help_panel=IN_A_CLUSTER)
def restart(
    context_: typer.Context,
    name: InstanceName,
    timeout: Timeout = "3m",
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.AUTO,
) -> None:
    """Restart an instance: its pods are replaced by new ones, with the same data. With one member requests get 503 for some seconds."""
    limit_seconds = parse_seconds(timeout, "--timeout")
    place = place_of(context_, Access(namespace, context, kubeconfig))
    access = place.only_in_a_cluster("kuberedis restart", "stop `kuberedis local` and start it again")
    with cluster_of(access) as cluster:
        from kuberedis_cli.cluster.restart import restart
        from kuberedis_cli.output.console import Progress

        restart(cluster, name, limit_seconds, Progress(output))


@cluster_app.command(rich_help_panel=IN_A_CLUSTER)
def switchover(
    context_: typer.Context,
    name: InstanceName,
    to: Annotated[
        str | None, typer.Option(metavar="POD", help="The member that shall be the primary, such as NAME-2; any by default.")
    ] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.AUTO,
) -> None:
    """Make another member of an instance the primary. No request fails; writes wait for some tenths of a second."""
    place = place_of(context_, Access(namespace, context, kubeconfig))
    access = place.only_in_a_cluster("kuberedis switchover", "use `kuberedis local failover NAME`")
    with cluster_of(access) as cluster:
        from kuberedis_cli.cluster.switchover import switchover
        from kuberedis_cli.output.console import Progress

        switchover(cluster, name, to, Progress(output))


@cluster_app.command(rich_help_panel=IN_A_CLUSTER)
def proxy(
    context_: typer.Context,
    name: InstanceName,
    port: Port = 8080,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.AUTO,
) -> None:
    """Reach an instance from this machine only, past the Ingress, until Ctrl-C. Prints a curl line that works."""
    place = place_of(context_, Access(namespace, context, kubeconfig))
    access = place.only_in_a_cluster("kuberedis proxy", "`kuberedis status NAME` says where it answers")
    with cluster_of(access) as cluster:
        from kuberedis_cli.cluster import proxy
        from kuberedis_cli.output.console import Progress

        proxy.run(cluster, access, name, port, str(context_.find_root().info_name), Progress(output))


@cluster_app.command(rich_help_panel=IN_A_CLUSTER)
def dashboard(
    port: Port = 0,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.AUTO,
) -> None:
    """See and steer instances in a browser, with the rights of your kubeconfig, until Ctrl-C. It listens on this machine only."""
    access = Access(namespace, context, kubeconfig)
    with cluster_of(access) as cluster:
        from kuberedis_cli.cluster import dashboard
        from kuberedis_cli.output.console import Progress

        dashboard.run(cluster, access, port, open_browser=browser, progress=Progress(output))


@cluster_app.command(rich_help_panel=IN_A_CLUSTER)
def install(
    watch_namespace: Annotated[
        list[str] | None,
        typer.Option(
            "--watch-namespace",
            metavar="NAME",
            help="Namespace in which the operator gets its rights, in place of the whole cluster; repeatable. It keeps those that it has.",
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the operator is available.")] = False,
    timeout: Timeout = "5m",
    force_conflicts: Annotated[bool, typer.Option("--force-conflicts", help="Take back fields that somebody else has changed.")] = False,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.AUTO,
) -> None:
    """Install the custom resource and the operator, or upgrade them to this version. Running instances keep running."""
    limit_seconds = parse_seconds(timeout, "--timeout")
    with cluster_of(Access(None, context, kubeconfig)) as cluster:
        from kuberedis_cli.cluster.install import install
        from kuberedis_cli.output.console import Progress

        namespaces = watch_namespace or []
        install(cluster, Progress(output), namespaces=namespaces, wait=wait, limit_seconds=limit_seconds, force=force_conflicts)


@cluster_app.command(rich_help_panel=IN_A_CLUSTER)
def uninstall(
    delete_instances: Annotated[
        bool,
        typer.Option("--delete-instances", help="Delete all instances of the cluster first. Volumes go or stay by their deletionPolicy."),
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until everything is gone.")] = False,
    timeout: Timeout = "5m",
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.AUTO,
) -> None:
    """Remove the operator and the custom resource. Refuses while there are instances, unless --delete-instances is given."""
    limit_seconds = parse_seconds(timeout, "--timeout")
    with cluster_of(Access(None, context, kubeconfig)) as cluster:
        from kuberedis_cli.cluster.install import uninstall
        from kuberedis_cli.output.console import Progress

        uninstall(cluster, Progress(output), wait=wait, limit_seconds=limit_seconds, delete_instances=delete_instances)
