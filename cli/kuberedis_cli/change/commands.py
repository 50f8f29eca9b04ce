"""`kuberedis create`, `set` and `delete`: their options and help. Their code is imported when one runs."""

import sys
from typing import Annotated, Literal

import typer

from kuberedis_cli.cluster.commands import Timeout, cluster_of
from kuberedis_cli.cluster.options import Access, Context, InstanceName, Kubeconfig, Namespace
from kuberedis_cli.durations import parse_seconds
from kuberedis_cli.errors import CommandError, UsageError
from kuberedis_cli.output.choice import ObjectForm, remember
from kuberedis_cli.output.panels import IN_A_CLUSTER
from kuberedis_cli.places import place_of

change_app = typer.Typer()

_WATCHED = ", which `kuberedis local` watches"

Assignments = Annotated[
    list[str] | None,
    typer.Argument(metavar="[FIELD=VALUE]...", help="Fields of spec, such as replicas=3, ingress.host=redis.example.com, config.hz=50."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Have the API server check it, and change nothing.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until it is ready, or else say why it is not, with exit code 1.")]
Form = Annotated[
    ObjectForm,
    typer.Option("--output", "-o", callback=remember, is_eager=True, help="text says what is done; yaml and json print the object."),
]


@change_app.command(
    rich_help_panel=IN_A_CLUSTER, epilog="Example: `kuberedis create my-cache --capacity 1Gi --replicas 3 config.maxclients=500`"
)
def create(
    context_: typer.Context,
    name: InstanceName,
    fields: Assignments = None,
    capacity: Annotated[str, typer.Option(metavar="SIZE", help="Size of the volume; half of it is the memory for data.")] = "1Gi",
    replicas: Annotated[int | None, typer.Option(metavar="1|3", help="Members: 3 survive the loss of a node.", show_default="1")] = None,
    maxmemory: Annotated[str | None, typer.Option(metavar="SIZE", help="Memory for data, at most the capacity.")] = None,
    eviction_policy: Annotated[
        str | None,
        typer.Option(metavar="POLICY", help="What goes when memory is full, such as allkeys-lru.", show_default="noeviction"),
    ] = None,
    persistence: Annotated[
        Literal["aof", "rdb", "none"] | None, typer.Option(help="How data survive a restart.", show_default="aof")
    ] = None,
    version: Annotated[
        str | None, typer.Option("--version", metavar="VERSION", help="Of Redis, such as 8.2, or of Valkey, such as valkey-8.")
    ] = None,
    dry_run: DryRun = False,
    wait: Wait = False,
    timeout: Timeout = "5m",
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Form = ObjectForm.TEXT,
) -> None:
    """Create an instance. With --dry-run -o yaml it prints what the API server would store, and creates nothing."""
    wait_seconds = _wait_seconds(timeout, wait=wait, dry_run=dry_run)
    access = place_of(context_, Access(namespace, context, kubeconfig)).only_in_a_cluster("kuberedis create", f"write a manifest{_WATCHED}")
    from kuberedis_cli.change.assignments import patch_of

    options = {
        "capacity": capacity,
        "replicas": replicas,
        "maxmemory": maxmemory,
        "evictionPolicy": eviction_policy,
        "persistence": persistence,
        "version": version,
    }
    spec = {**{field: value for field, value in options.items() if value is not None}, **_without_removals(patch_of(fields or []))}
    with cluster_of(access) as cluster:
        from kuberedis_cli.change import writing

        writing.create(cluster, name, spec, writing.How(output, dry_run, wait_seconds))


@change_app.command(
    "set", rich_help_panel=IN_A_CLUSTER, epilog="Example: `kuberedis set my-cache maxmemory=768Mi evictionPolicy=allkeys-lru --dry-run`"
)
def set_(
    context_: typer.Context,
    name: InstanceName,
    fields: Annotated[
        list[str],
        typer.Argument(
            metavar="FIELD=VALUE...", help="Fields of spec, such as replicas=3 or config.hz=50; without a value a field has its default."
        ),
    ],
    dry_run: DryRun = False,
    wait: Wait = False,
    timeout: Timeout = "5m",
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Form = ObjectForm.TEXT,
) -> None:
    """Change fields of an instance, and say what that does, whether Redis restarts among it. With --dry-run it only says so."""
    wait_seconds = _wait_seconds(timeout, wait=wait, dry_run=dry_run)
    access = place_of(context_, Access(namespace, context, kubeconfig)).only_in_a_cluster("kuberedis set", f"change its manifest{_WATCHED}")
    from kuberedis_cli.change.assignments import patch_of

    patch = patch_of(fields)
    with cluster_of(access) as cluster:
        from kuberedis_cli.change import writing

        writing.change(cluster, name, patch, writing.How(output, dry_run, wait_seconds))


@change_app.command(rich_help_panel=IN_A_CLUSTER, epilog="Example: `kuberedis delete my-cache --dry-run`")
def delete(
    context_: typer.Context,
    name: InstanceName,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; in a pipe it is needed.")] = False,
    dry_run: DryRun = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it and all that it owns are gone.")] = False,
    timeout: Timeout = "5m",
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    output: Form = ObjectForm.TEXT,
) -> None:
    """Delete an instance, and say what becomes of its data: the volume stays, unless its deletionPolicy is Delete."""
    wait_seconds = _wait_seconds(timeout, wait=wait, dry_run=dry_run)
    access = place_of(context_, Access(namespace, context, kubeconfig)).only_in_a_cluster(
        "kuberedis delete", "delete its manifest, and its data with its folder"
    )
    if not (yes or dry_run or sys.stdin.isatty()):
        raise UsageError("nobody can be asked whether it shall be deleted; add --yes, or --dry-run to see what that does")
    with cluster_of(access) as cluster:
        from kuberedis_cli.change import writing
        from kuberedis_cli.cluster.instances import Instances
        from kuberedis_cli.output.lines import write_line

        instance = Instances(cluster).get(name)
        if not (yes or dry_run):
            for line in writing.deletion_text(instance):
                write_line(line, error=True)
            if not typer.confirm(f"Delete {name} in {cluster.namespace}?", err=True):
                raise CommandError(f"{name} stays")
        writing.delete(cluster, instance, writing.How(output, dry_run, wait_seconds))


def _wait_seconds(timeout: str, *, wait: bool, dry_run: bool) -> int | None:
    """How long to wait for the outcome; None not to wait."""
    if wait and dry_run:
        raise UsageError("--dry-run changes nothing that --wait could wait for; leave one of them out")
    seconds = parse_seconds(timeout, "--timeout")
    return seconds if wait else None


def _without_removals(patch: dict[str, object]) -> dict[str, object]:
    """What a new instance does not have needs no removal."""
    return {field: _without_removals(value) if isinstance(value, dict) else value for field, value in patch.items() if value is not None}
