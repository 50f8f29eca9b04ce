"""`kuberedis install` and `kuberedis uninstall`: the operator and the custom resource, applied to a cluster and removed from it.

Uninstalling goes in reverse order: the operator first, so that it creates nothing again; then the instances, while the cluster still knows
what they own; the custom resource last.
"""

from collections.abc import Callable, Sequence

from kubernetes.client.exceptions import ApiException

from kuberedis_cli.cluster import packaged
from kuberedis_cli.cluster.api_errors import is_unknown_kind
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.instances import Instances
from kuberedis_cli.cluster.manifests_client import ManifestsClient, manifests_client, title
from kuberedis_cli.cluster.scope import bindings_of_the_cluster, namespaces_of, scoped
from kuberedis_cli.cluster.waiting import wait_until
from kuberedis_cli.errors import ClusterError
from kuberedis_cli.output.console import Progress
from kuberedis_core.body import Body
from kuberedis_core.crd.names import claim_name

_ESTABLISHED_SECONDS = 30
_NAMED = 5
"""So many instances are named in a message."""

Found = Body | None
"""An object as it is in the cluster; None when it is not there."""


def install(cluster: Cluster, progress: Progress, *, namespaces: Sequence[str], wait: bool, limit_seconds: int, force: bool) -> None:
    """Apply the packaged manifests, and with `wait` stay until the operator is available.

    Args:
        cluster: The cluster.
        progress: Output of the command.
        namespaces: Namespaces in which alone the operator has rights; without any it keeps those that it has, which at first is all.
        wait: Whether to wait.
        limit_seconds: Longest time to wait.
        force: Take back fields that somebody else has changed.

    Raises:
        ClusterError: The API server refuses, or the limit passes.
    """
    with manifests_client(cluster) as client:
        for manifest in packaged.custom_resource():
            _apply(client, manifest, progress, force=force)
            _await(client, manifest, "served", is_established, _ESTABLISHED_SECONDS, progress)
        namespaces = namespaces or _namespaces(client)
        for manifest in scoped(packaged.operator(), namespaces):
            _apply(client, manifest, progress, force=force)
        for manifest in bindings_of_the_cluster(packaged.operator()) if namespaces else ():
            _delete(client, manifest, progress)
        for deployment in _deployments() if wait else ():
            _await(client, deployment, "available", is_available, limit_seconds, progress)
            progress.report("available", f"{title(deployment)} is available", **_members(deployment))


def uninstall(cluster: Cluster, progress: Progress, *, wait: bool, limit_seconds: int, delete_instances: bool) -> None:
    """Delete what the packaged manifests describe, and with `wait` stay until it is gone.

    Raises:
        ClusterError: There are instances and they may not be deleted, or the limit passes.
    """
    instances = _instances(cluster)
    if instances and not delete_instances:
        raise ClusterError(
            f"there {_are(instances)}; {'its' if len(instances) == 1 else 'their'} Redis would go with the custom resource."
            " Delete first, or add --delete-instances;"
            " volumes of deletionPolicy Retain, the default, stay in both cases"
        )
    with manifests_client(cluster) as client:
        namespaces = _namespaces(client)
        for manifest in _deployments():
            _delete(client, manifest, progress)
            _await(client, manifest, "gone", is_gone, limit_seconds, progress)
        _delete_instances(cluster, instances, limit_seconds, progress)
        rest = [*reversed(scoped(packaged.operator(), namespaces)), *packaged.custom_resource()]
        for manifest in rest:
            _delete(client, manifest, progress)
        for manifest in rest if wait else ():
            _await(client, manifest, "gone", is_gone, limit_seconds, progress)
    for instance in instances:
        _report_volume(instance, progress)


def is_established(found: Found) -> bool:
    """Whether the API server serves a custom resource."""
    return _has_condition(found, "Established")


def is_available(found: Found) -> bool:
    """Whether a Deployment is rolled out as it was last applied, as `kubectl rollout status` defines it."""
    if found is None:
        return False
    status, replicas = found.get("status", {}), found["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < found["metadata"]["generation"]:
        return False
    return all(status.get(field, 0) == replicas for field in ("replicas", "updatedReplicas", "availableReplicas"))


def is_gone(found: Found) -> bool:
    """Whether there is no such object any more."""
    return found is None


def _has_condition(found: Found, type_: str) -> bool:
    conditions = (found or {}).get("status", {}).get("conditions") or ()
    return any(condition["type"] == type_ and condition["status"] == "True" for condition in conditions)


def _deployments() -> list[Body]:
    return [manifest for manifest in packaged.operator() if manifest["kind"] == "Deployment"]


def _namespaces(client: ManifestsClient) -> list[str]:
    """The namespaces in which the operator that is installed has its rights; empty for all."""
    return next((names for deployment in _deployments() if (names := namespaces_of(client.get(deployment)))), [])


def _apply(client: ManifestsClient, manifest: Body, progress: Progress, *, force: bool) -> None:
    client.apply(manifest, force=force)
    progress.report("applied", f"{title(manifest)} applied", **_members(manifest))


def _delete(client: ManifestsClient, manifest: Body, progress: Progress) -> None:
    if client.delete(manifest):
        progress.report("deleted", f"{title(manifest)} deleted", **_members(manifest))


def _await(
    client: ManifestsClient, manifest: Body, what: str, test: Callable[[Found], bool], limit_seconds: int, progress: Progress
) -> None:
    with progress.waiting_for(f"{title(manifest)} to be {what}"):
        done = wait_until(lambda: test(client.get(manifest)), limit_seconds)
    if not done:
        raise ClusterError(f"{title(manifest)} is not {what} after {limit_seconds} s; see: {_describe_command(manifest)}")


def _instances(cluster: Cluster) -> list[Body]:
    try:
        return Instances(cluster).everywhere()
    except ApiException as error:
        if is_unknown_kind(error):
            return []
        raise


def _delete_instances(cluster: Cluster, doomed: Sequence[Body], limit_seconds: int, progress: Progress) -> None:
    instances = Instances(cluster)
    for instance in doomed:
        instances.delete(instance)
        namespace, name = instance["metadata"]["namespace"], instance["metadata"]["name"]
        progress.report("deleted", f"instance {namespace}/{name} deleted", kind=instance["kind"], namespace=namespace, name=name)
    with progress.waiting_for("the instances to be gone"):
        if doomed and not wait_until(lambda: not instances.everywhere(), limit_seconds):
            raise ClusterError(f"there still {_are(instances.everywhere())} after {limit_seconds} s; see: kubectl describe rhi -A")


def _report_volume(instance: Body, progress: Progress) -> None:
    """Report where the data of a deleted instance are."""
    namespace, name, spec = instance["metadata"]["namespace"], instance["metadata"]["name"], instance["spec"]
    claim = claim_name(name)
    if spec.get("persistence") == "none" or spec.get("deletionPolicy") == "Delete":
        progress.report("lost", f"the data of {namespace}/{name} are gone", namespace=namespace, name=name)
    else:
        progress.report(
            "retained",
            f"the data of {namespace}/{name} stay: an instance applied again under that name finds them;"
            f" `kubectl delete pvc {claim} --namespace {namespace}` deletes them",
            namespace=namespace,
            name=name,
            claim=claim,
        )


def _describe_command(manifest: Body) -> str:
    """A command that shows why an object is as it is."""
    kind, metadata = manifest["kind"].lower(), manifest["metadata"]
    return f"kubectl describe {kind} {metadata['name']}" + (f" -n {metadata['namespace']}" if "namespace" in metadata else "")


def _are(instances: Sequence[Body]) -> str:
    """For example `are 2 instances (team-a/cache, team-b/cache)`."""
    names = [f"{instance['metadata']['namespace']}/{instance['metadata']['name']}" for instance in instances]
    named = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    return f"{'is 1 instance' if len(names) == 1 else f'are {len(names)} instances'} ({named})"


def _members(manifest: Body) -> dict[str, str]:
    metadata = manifest["metadata"]
    return {"kind": manifest["kind"], "name": metadata["name"], **({"namespace": metadata["namespace"]} if "namespace" in metadata else {})}
