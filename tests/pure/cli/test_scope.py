"""An operator for some namespaces has rights in no other, whichever way it is installed."""

from kuberedis_cli.cluster import packaged
from kuberedis_cli.cluster.scope import bindings_of_the_cluster, namespaces_of, scoped
from kuberedis_core.body import Body

NAMESPACES = ["team-a", "team-b"]


def bindings(manifests: list[Body]) -> set[tuple[str, str | None, str]]:
    return {(each["kind"], each["metadata"].get("namespace"), each["roleRef"]["name"]) for each in manifests if "roleRef" in each}


def deployment(manifests: list[Body]) -> Body:
    (found,) = (each for each in manifests if each["kind"] == "Deployment")
    return found


def test_it_is_bound_in_its_namespaces_alone_and_looks_nowhere_else() -> None:
    manifests = scoped(packaged.operator(), NAMESPACES)
    assert bindings(manifests) == {
        ("RoleBinding", "team-a", "kuberedis-operator"),
        ("RoleBinding", "team-b", "kuberedis-operator"),
        ("RoleBinding", "kuberedis-system", "kuberedis-operator-routes"),
        ("ClusterRoleBinding", None, "kuberedis-operator-storage"),
    }
    assert namespaces_of(deployment(manifests)) == NAMESPACES
    assert [each["metadata"]["name"] for each in bindings_of_the_cluster(packaged.operator())] == ["kuberedis-operator"]


def test_without_namespaces_it_is_what_the_manifests_say() -> None:
    assert scoped(packaged.operator(), []) == packaged.operator()
    assert namespaces_of(deployment(packaged.operator())) == []
    assert namespaces_of(None) == []
