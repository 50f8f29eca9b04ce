"""Where the operator has its rights: in the whole cluster, or in some namespaces only. Pure.

In some namespaces means: no ClusterRoleBinding of its role, a RoleBinding in each of them, and a setting by which it looks nowhere else.
All that it may read outside them are StorageClasses.
"""

from collections.abc import Iterable, Sequence

from kuberedis_core.body import Body
from kuberedis_core.crd.names import OPERATOR_ROLE
from kuberedis_core.environment import NAMESPACES


def scoped(manifests: Iterable[Body], namespaces: Sequence[str]) -> list[Body]:
    """The manifests of an operator for some namespaces.

    Args:
        manifests: manifests of one for the whole cluster.
        namespaces: names of the namespaces; without any, the manifests stay as they are.
    """
    if not namespaces:
        return list(manifests)
    result: list[Body] = []
    for manifest in manifests:
        if _is_binding(manifest):
            result += [_in_namespace(manifest, namespace) for namespace in namespaces]
        else:
            result.append(_with_setting(manifest, namespaces) if manifest["kind"] == "Deployment" else manifest)
    return result


def bindings_of_the_cluster(manifests: Iterable[Body]) -> list[Body]:
    """The manifests that an operator for some namespaces has not."""
    return [manifest for manifest in manifests if _is_binding(manifest)]


def namespaces_of(deployment: Body | None) -> list[str]:
    """The namespaces of an operator that is installed; empty for the whole cluster, or if there is none."""
    if deployment is None:
        return []
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    values = (variable.get("value") or "" for variable in container.get("env") or () if variable["name"] == NAMESPACES)
    return sorted({name.strip() for name in next(values, "").split(",")} - {""})


def _is_binding(manifest: Body) -> bool:
    return manifest["kind"] == "ClusterRoleBinding" and bool(manifest["roleRef"]["name"] == OPERATOR_ROLE)


def _in_namespace(binding: Body, namespace: str) -> Body:
    return {**binding, "kind": "RoleBinding", "metadata": {**binding["metadata"], "namespace": namespace}}


def _with_setting(deployment: Body, namespaces: Sequence[str]) -> Body:
    spec = deployment["spec"]
    pod = spec["template"]["spec"]
    [container] = pod["containers"]
    container = {**container, "env": [*container["env"], {"name": NAMESPACES, "value": ",".join(namespaces)}]}
    template = {**spec["template"], "spec": {**pod, "containers": [container]}}
    return {**deployment, "spec": {**spec, "template": template}}
