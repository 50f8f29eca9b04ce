"""The names of instances that complete a command line: those of the place that its options mean."""

from __future__ import annotations

from pathlib import Path

import typer

from kuberedis_cli.cluster.commands import cluster_of
from kuberedis_cli.cluster.options import Access
from kuberedis_cli.errors import CommandError
from kuberedis_cli.places import place_of


def instance_names(context: typer.Context) -> list[str]:
    """The names, none if they cannot be read: who completes a command line is not told of problems."""
    try:
        place = place_of(context, _access(context), _path(context, "data_dir"))
        if place.folder is not None:
            from kuberedis_cli.local.data_folder import instances_with_keys

            return instances_with_keys(place.folder)
        with cluster_of(place.access) as cluster:
            from kuberedis_cli.cluster.instances import Instances

            return [instance["metadata"]["name"] for instance in Instances(cluster).here()]
    except CommandError:
        return []


def _access(context: typer.Context) -> Access:
    return Access(_text(context, "namespace"), _text(context, "context"), _path(context, "kubeconfig"))


def _path(context: typer.Context, option: str) -> Path | None:
    value = _text(context, option)
    return Path(value) if value is not None else None


def _text(context: typer.Context, option: str) -> str | None:
    """The value of an option of the command, or one before it."""
    value = context.params.get(option) or context.find_root().params.get(option)
    return None if value is None else str(value)
