"""`kuberedis create`, `set` and `delete`: what they ask the API server for, and what they say of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kuberedis_cli.change.differences import differences
from kuberedis_cli.change.objects import Writer
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.instances import Instances
from kuberedis_cli.errors import ClusterError
from kuberedis_cli.output.choice import ObjectForm
from kuberedis_cli.output.lines import write_line
from kuberedis_core.body import Body
from kuberedis_core.crd.spec import InvalidSpec, read_spec
from kuberedis_dashboard.views.deletion import GOES, deletion_of
from kuberedis_dashboard.views.effects import effects_of
from kuberedis_dashboard.views.form_values import patched
from kuberedis_dashboard.views.manifests import as_it_is, manifest


def create(cluster: Cluster, name: str, spec: Body, form: ObjectForm, *, dry_run: bool) -> None:
    """Create an instance.

    Raises:
        ClusterError: The spec cannot be used, or the API server refuses.
    """
    _check(spec)
    created = Writer(cluster, dry_run=dry_run).create(manifest(cluster.namespace, name, spec))
    if form is ObjectForm.TEXT:
        done = "would be created" if dry_run else f"is created; `kuberedis status {name}` shows its progress"
        write_line(f"{name} {done}")
    else:
        _show(created, form)


def change(cluster: Cluster, name: str, patch: Body, form: ObjectForm, *, dry_run: bool) -> None:
    """Change the spec of an instance.

    Args:
        cluster: Cluster and namespace.
        name: Name of the instance.
        patch: Merge patch of its spec.
        form: Form of the output.
        dry_run: Change nothing, and say what would change.

    Raises:
        ClusterError: There is no such instance, the spec cannot be used, or the API server refuses.
    """
    instance = Instances(cluster).get(name)
    before: Body = instance["spec"]
    wanted = patched(before, patch)
    if _is_usable(before):
        _check(wanted)
    effects = effects_of(instance, wanted)
    after = Writer(cluster, dry_run=dry_run).patch_spec(instance, patch)
    if form is not ObjectForm.TEXT:
        return _show(after, form)
    changed = [str(each) for each in differences(before, after["spec"])]
    done = "would be changed" if dry_run else "is changed"
    _write([*changed, *(effect.text for effect in effects), f"{name} {done}" if changed else f"{name} is so already"])
    return None


def deletion_text(instance: Body) -> list[str]:
    """What deleting an instance does, in sentences."""
    found = deletion_of(instance)
    return [text for text in (GOES, found.data, found.afterwards) if text]


def delete(cluster: Cluster, instance: Body, form: ObjectForm, *, dry_run: bool) -> None:
    """Delete an instance, and say what becomes of its data.

    Raises:
        ClusterError: The API server refuses.
    """
    Writer(cluster, dry_run=dry_run).delete(instance)
    if form is not ObjectForm.TEXT:
        return _show(instance, form)
    name = instance["metadata"]["name"]
    return _write([*deletion_text(instance), f"{name} {'would be' if dry_run else 'is'} deleted"])


def _is_usable(spec: Any) -> bool:
    """An operator may be newer than this command: what it has not heard of is for the API server to judge."""
    try:
        read_spec(spec)
    except InvalidSpec:
        return False
    return True


def _check(spec: Body) -> None:
    try:
        read_spec(spec)
    except InvalidSpec as error:
        raise ClusterError(str(error)) from None


def _show(body: Body, form: ObjectForm) -> None:
    if form is ObjectForm.YAML:
        _write(as_it_is(body).splitlines())
    else:
        metadata = {name: value for name, value in body["metadata"].items() if name != "managedFields"}
        write_line(json.dumps({**body, "metadata": metadata}))


def _write(lines: Sequence[str]) -> None:
    for line in lines:
        write_line(line)
