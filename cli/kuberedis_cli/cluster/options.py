"""The options that say which cluster and namespace a command is about, named as kubectl names them.

Nothing here imports the Kubernetes client, so that declaring them costs no time at start-up.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

PLUGIN = "kubectl kuberedis"
"""The name that the command has for who runs it as a plugin of kubectl."""

_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


def _checked_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise typer.BadParameter(f"{value!r} is not a name of an instance, which has lower-case letters, digits and '-' only")
    return value


InstanceName = Annotated[str, typer.Argument(metavar="NAME", callback=_checked_name, help="Name of the instance.")]
Namespace = Annotated[
    str | None, typer.Option("--namespace", "-n", metavar="NAMESPACE", help="Namespace; by default that of the kubeconfig's context.")
]
Context = Annotated[str | None, typer.Option(metavar="NAME", help="Context of the kubeconfig; by default its current one.")]
Kubeconfig = Annotated[
    Path | None, typer.Option(dir_okay=False, metavar="FILE", help="By default what KUBECONFIG names, or ~/.kube/config.")
]


@dataclass(frozen=True)
class Access:
    """Which cluster and namespace is meant, as far as it was said."""

    namespace: str | None
    context: str | None
    kubeconfig: Path | None

    @property
    def given(self) -> bool:
        """Whether anything was said."""
        return any((self.namespace, self.context, self.kubeconfig))

    def arguments(self) -> list[str]:
        """The same, as arguments of kubectl and of this command."""
        options = (("--namespace", self.namespace), ("--context", self.context), ("--kubeconfig", self.kubeconfig))
        return [text for option, value in options if value is not None for text in (option, str(value))]
