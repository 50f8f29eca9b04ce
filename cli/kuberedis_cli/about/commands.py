"""`kuberedis version` and `kuberedis completion`: their options and help."""

from enum import StrEnum
from typing import Annotated

import typer

from kuberedis_cli.about.completion import script
from kuberedis_cli.cluster.commands import cluster_of
from kuberedis_cli.cluster.options import PLUGIN, Access, Context, Kubeconfig
from kuberedis_cli.errors import CommandError
from kuberedis_cli.output.choice import Format, Output
from kuberedis_cli.output.lines import write_json, write_line
from kuberedis_cli.output.panels import THIS_PROGRAM
from kuberedis_core.version import VERSION

about_app = typer.Typer()


class Shell(StrEnum):
    """The shells whose command lines can be completed."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


@about_app.command(rich_help_panel=THIS_PROGRAM)
def version(
    client: Annotated[bool, typer.Option("--client", help="That of this program only; no cluster is asked.")] = False,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Format = Output.AUTO,
) -> None:
    """Print the version of this program, and that of the operator in the cluster if it can be seen."""
    operators: list[dict[str, str]] | None = None
    reason = "not asked for"
    if not client:
        try:
            with cluster_of(Access(None, context, kubeconfig)) as cluster:
                from kuberedis_cli.cluster.versions import operator_versions

                operators = operator_versions(cluster)
        except CommandError as error:
            reason = str(error)
    if not output.is_text():
        write_json({"client": VERSION, "operators": operators})
        return
    write_line(f"kuberedis  {VERSION}")
    for operator in operators or ():
        write_line(f"operator   {operator['version']}, in namespace {operator['namespace']}")
    if not client and not operators:
        write_line(f"operator   {'there is none' if operators is not None else f'not known: {reason}'}")


@about_app.command(
    rich_help_panel=THIS_PROGRAM,
    epilog="Examples: `source <(kuberedis completion bash)`, `kuberedis completion fish > ~/.config/fish/completions/kuberedis.fish`",
)
def completion(
    context_: typer.Context, shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")]
) -> None:
    """Print a script with which a shell completes commands, options and names of instances.

    kubectl completes `kubectl kuberedis` by the program `kubectl_complete-kuberedis`, which is installed beside this one.
    """
    program = str(context_.find_root().info_name)
    if program == PLUGIN:
        raise CommandError("kubectl completes its plugins itself: `kubectl completion --help` says how to set it up")
    for line in script(program, shell.value).splitlines():
        write_line(line)
