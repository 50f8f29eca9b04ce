"""`kuberedis create`, `set` and `delete`: what they ask the API server for, and what they say of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from kuberedis_cli.change.differences import differences
from kuberedis_cli.change.objects import Writer
from kuberedis_cli.change.outcome import until_gone, until_ready
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


class How(NamedTuple):
    """How a change is made, and told of.

    Args:
        form: Form of the output.
        dry_run: Change nothing, and say what would change.
        wait_seconds: How long to wait for its outcome; None not to wait.
    """

    form: ObjectForm
    dry_run: bool = False
    wait_seconds: int | None = None


def create(cluster: Cluster, name: str, spec: Body, how: How) -> None:
    """Create an instance.

    Raises:
        ClusterError: The spec cannot be used, the API server refuses, or the instance does not become ready.
    """
    _check(spec)
    if how.wait_seconds is not None:
        _check_not_paused(name, spec)
    created = Writer(cluster, dry_run=how.dry_run).create(manifest(cluster.namespace, name, spec))
    if how.form is ObjectForm.TEXT:
        progress = "" if how.wait_seconds is not None else f"; `kuberedis status {name}` shows its progress"
        write_line(f"{name} would be created" if how.dry_run else f"{name} is created{progress}")
    _finish(cluster, created, how)


def change(cluster: Cluster, name: str, patch: Body, how: How) -> None:
    """Change the spec of an instance by a merge patch of it.

    Raises:
        ClusterError: There is no such instance, the spec cannot be used, the API server refuses, or the instance does not become ready.
    """
    instance = Instances(cluster).get(name)
    before: Body = instance["spec"]
    wanted = patched(before, patch)
    if _is_usable(before):
        _check(wanted)
    if how.wait_seconds is not None:
        _check_not_paused(name, wanted)
    effects = effects_of(instance, wanted)
    after = Writer(cluster, dry_run=how.dry_run).patch_spec(instance, patch)
    if how.form is ObjectForm.TEXT:
        changed = [str(each) for each in differences(before, after["spec"])]
        done = "would be changed" if how.dry_run else "is changed"
        _write([*changed, *(effect.text for effect in effects), f"{name} {done}" if changed else f"{name} is so already"])
    _finish(cluster, after, how)


def deletion_text(instance: Body) -> list[str]:
    """What deleting an instance does, in sentences."""
    found = deletion_of(instance)
    return [text for text in (GOES, found.data, found.afterwards) if text]


def delete(cluster: Cluster, instance: Body, how: How) -> None:
    """Delete an instance, and say what becomes of its data.

    Raises:
        ClusterError: The API server refuses, or the instance is not gone in time.
    """
    Writer(cluster, dry_run=how.dry_run).delete(instance)
    name = instance["metadata"]["name"]
    if how.form is ObjectForm.TEXT:
        _write([*deletion_text(instance), f"{name} {'would be' if how.dry_run else 'is'} deleted"])
    if how.wait_seconds is not None:
        until_gone(cluster, instance, how.wait_seconds, as_lines=how.form is ObjectForm.TEXT)
        if how.form is ObjectForm.TEXT:
            write_line(f"{name} is gone")
    if how.form is not ObjectForm.TEXT:
        _show(instance, how.form)


def _finish(cluster: Cluster, written: Body, how: How) -> None:
    """Wait for the outcome of what was written, if that is wanted, and tell of it."""
    if how.wait_seconds is not None:
        written = until_ready(cluster, written, how.wait_seconds, as_lines=how.form is ObjectForm.TEXT)
        if how.form is ObjectForm.TEXT:
            url = written["status"].get("url")
            write_line(f"{written['metadata']['name']} is ready{f' at {url}' if url else ''}")
    if how.form is not ObjectForm.TEXT:
        _show(written, how.form)


def _check_not_paused(name: str, spec: Body) -> None:
    if spec.get("paused"):
        raise ClusterError(
            f"{name} is paused, so the operator does nothing that could be waited for; leave out --wait, or set paused=false"
        )


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
