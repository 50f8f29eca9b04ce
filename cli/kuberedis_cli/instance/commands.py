"""The commands for an instance of local mode or of a cluster: their options and help. Their code is imported when one runs."""

import typer

from kuberedis_cli.cluster.options import Access, Context, InstanceName, Kubeconfig, Namespace
from kuberedis_cli.output.lines import write_line
from kuberedis_cli.places import DataDir, place_of
from kuberedis_cli.token.key_source import KeySource

instance_app = typer.Typer()

_PANEL = "Instances"


@instance_app.command(rich_help_panel=_PANEL)
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
