"""`kuberedis doctor`: its options and help. Its code is imported when it runs."""

from typing import Annotated

import typer

from kuberedis_cli.cluster.commands import cluster_of
from kuberedis_cli.cluster.options import Access, Context, Kubeconfig, Namespace
from kuberedis_cli.output.choice import Format, Output
from kuberedis_cli.output.panels import INSTANCES
from kuberedis_cli.places import DataDir, place_of
from kuberedis_core.version import VERSION

diagnose_app = typer.Typer()


@diagnose_app.command(rich_help_panel=INSTANCES, epilog="Examples: `kuberedis doctor`, `kuberedis doctor my-cache -n team-a`")
def doctor(
    context_: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Name of the instance; without one only what all need.")] = None,
    data_dir: DataDir = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.AUTO,
) -> None:
    """Say what is wrong, and what helps: with the cluster, the operator, the way in and an instance. Exit code 1 if something is."""
    place = place_of(context_, Access(namespace, context, kubeconfig), data_dir)
    from kuberedis_cli.diagnose.findings import is_healthy
    from kuberedis_cli.diagnose.view import show

    if place.folder is not None:
        from kuberedis_cli.diagnose.local import local_findings

        findings = list(local_findings(place.folder, name))
    else:
        with cluster_of(place.access) as cluster:
            from kuberedis_cli.cluster import packaged
            from kuberedis_cli.diagnose.cluster_findings import cluster_findings
            from kuberedis_cli.diagnose.gather import see_cluster, see_instance
            from kuberedis_cli.diagnose.instance_findings import instance_findings

            seen = see_cluster(cluster)
            [expected] = packaged.custom_resource()
            findings = list(cluster_findings(seen, expected, VERSION))
            if name is not None:
                findings += instance_findings(see_instance(cluster, name), seen)
    show(findings, as_text=output.is_text())
    if not is_healthy(findings):
        raise typer.Exit(1)
