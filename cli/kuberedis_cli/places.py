"""Where a command that takes the name of an instance looks for it: in a data folder of local mode, or in a cluster. One rule for all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from kuberedis_cli.cluster.options import PLUGIN, Access
from kuberedis_cli.errors import PlaceError, UsageError
from kuberedis_cli.local.data_folder import DEFAULT_DATA_FOLDER, named_folder

RULE = f"""Instances are looked for in the cluster if --namespace, --context or --kubeconfig is given, and by `{PLUGIN}`;
otherwise in the data folder of `kuberedis local` (--data-dir, or {DEFAULT_DATA_FOLDER} in this folder) if there is one;
otherwise in the cluster of the kubeconfig."""
"""The rule, as the help of the program tells it."""

DataDir = Annotated[
    Path | None,
    typer.Option(
        file_okay=False,
        metavar="FOLDER",
        show_default=False,
        help=f"Data folder of `kuberedis local`, to look there; by default {DEFAULT_DATA_FOLDER} if it is there, else in the cluster.",
    ),
]


@dataclass(frozen=True)
class Place:
    """Where instances are looked for.

    Args:
        folder: Data folder of local mode; None for a cluster.
        access: The options that name the cluster; of no use with a folder.
    """

    folder: Path | None
    access: Access

    def only_in_a_cluster(self, command: str, instead: str) -> Access:
        """The options that name the cluster, for a command that local mode has not.

        Args:
            command: Name of the command.
            instead: What does it in local mode.

        Raises:
            PlaceError: The place is a data folder.
        """
        if self.folder is None:
            return self.access
        raise PlaceError(
            f"`{command}` is for instances in a cluster, and without --namespace those of {self.folder} are meant;"
            f" add --namespace for one in the cluster, or for one of local mode {instead}"
        )


def decide(access: Access, data_dir: Path | None, *, is_plugin: bool, has_default_folder: bool) -> Place:
    """The place that a command line means.

    Args:
        access: The options that name a cluster.
        data_dir: The option --data-dir.
        is_plugin: Whether the command runs as a plugin of kubectl.
        has_default_folder: Whether the current folder has a data folder.

    Raises:
        UsageError: The options name two places.
    """
    if data_dir is not None:
        if access.given:
            raise UsageError(f"--data-dir and {access.arguments()[0]} are two places; leave one of them out")
        return Place(data_dir, access)
    is_local = has_default_folder and not is_plugin and not access.given
    return Place(DEFAULT_DATA_FOLDER if is_local else None, access)


def place_of(context: typer.Context, access: Access, data_dir: Path | None = None) -> Place:
    """The place that the options of a running command mean; see `decide`."""
    folder = None if data_dir is None else named_folder(data_dir)
    is_plugin = context.find_root().info_name == PLUGIN
    return decide(access, folder, is_plugin=is_plugin, has_default_folder=DEFAULT_DATA_FOLDER.is_dir())
