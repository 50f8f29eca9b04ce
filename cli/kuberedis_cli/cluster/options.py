"""The options that name the cluster and namespace of a command, called as kubectl calls them.

Nothing here imports the Kubernetes client, so that declaring them costs no time at start-up.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from kuberedis_core.crd.names import check_name

PLUGIN = "kubectl kuberedis"
"""Name of the command when it runs as a plugin of kubectl."""


def _checked_name(value: str) -> str:
    try:
        return check_name(value)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def complete_name(context: typer.Context, incomplete: str) -> list[str]:
    """The names that begin so, of what the program put into the root context to find them."""
    find = context.find_root().obj
    return [name for name in find(context) if name.startswith(incomplete)] if callable(find) else []


InstanceName = Annotated[
    str, typer.Argument(metavar="NAME", callback=_checked_name, autocompletion=complete_name, help="Name of the instance.")
]
Namespace = Annotated[
    str | None, typer.Option("--namespace", "-n", metavar="NAMESPACE", help="Namespace; by default that of the kubeconfig's context.")
]
Context = Annotated[str | None, typer.Option(metavar="NAME", help="Context of the kubeconfig; by default its current one.")]
Kubeconfig = Annotated[
    Path | None, typer.Option(dir_okay=False, metavar="FILE", help="By default what KUBECONFIG names, or ~/.kube/config.")
]


@dataclass(frozen=True)
class Access:
    """The options that name a cluster and a namespace; None where they are not given."""

    namespace: str | None
    context: str | None
    kubeconfig: Path | None

    @property
    def given(self) -> bool:
        """Whether any of them is given."""
        return any((self.namespace, self.context, self.kubeconfig))

    def arguments(self) -> list[str]:
        """The same, as arguments of kubectl and of this command."""
        options = (("--namespace", self.namespace), ("--context", self.context), ("--kubeconfig", self.kubeconfig))
        return [text for option, value in options if value is not None for text in (option, str(value))]
