"""The instances in a cluster: read, found by name, annotated and deleted, without knowledge of what their bodies contain."""

from collections.abc import Mapping

from kubernetes.client.exceptions import ApiException

from kuberedis_cli.cluster.api_errors import is_not_found
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.requests import request
from kuberedis_cli.errors import ClusterError
from kuberedis_cli.output.suggestion import suggestion
from kuberedis_core.api_kind import Kind
from kuberedis_core.body import Body
from kuberedis_core.crd.kind import API_VERSION, KIND, PLURAL

INSTANCE = Kind(API_VERSION, KIND, PLURAL)


class Instances:
    """The instances of one namespace, or with `everywhere` of all.

    Every method raises the exceptions of the Kubernetes client.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._api = cluster.api
        self._namespace = cluster.namespace

    def here(self) -> list[Body]:
        """Those of the namespace."""
        return self.listed(self._namespace)[0]

    def everywhere(self) -> list[Body]:
        """Those of all namespaces."""
        return self.listed(None)[0]

    def listed(self, namespace: str | None) -> tuple[list[Body], str]:
        """Those of a namespace, or with None of all, and the version from which on their changes can be watched."""
        answer = request(self._api, "GET", INSTANCE.path(namespace))
        return answer["items"], answer["metadata"]["resourceVersion"]

    def get(self, name: str) -> Body:
        """The one of that name.

        Raises:
            ClusterError: There is none; the text suggests others.
        """
        found = self.find(name)
        if found is None:
            raise ClusterError(f"there is no instance {name!r} in namespace {self._namespace}{self._hint(name)}")
        return found

    def find(self, name: str) -> Body | None:
        """The one of that name; None if there is none."""
        try:
            return request(self._api, "GET", INSTANCE.path(self._namespace, name))
        except ApiException as error:
            if not is_not_found(error):
                raise
        return None

    def annotate(self, name: str, annotations: Mapping[str, str | None]) -> Body:
        """Set annotations, and remove those that are None. Returns the changed instance."""
        patch = {"metadata": {"annotations": dict(annotations)}}
        return request(self._api, "PATCH", INSTANCE.path(self._namespace, name), body=patch)

    def delete(self, instance: Body) -> None:
        """Delete an instance of any namespace; it is gone only when its children are."""
        metadata = instance["metadata"]
        path = INSTANCE.path(metadata["namespace"], metadata["name"])
        try:
            request(self._api, "DELETE", path, query={"propagationPolicy": "Foreground"})
        except ApiException as error:
            if not is_not_found(error):
                raise

    def _hint(self, name: str) -> str:
        """A suggestion of other instances, from those that the user may list."""
        known = self._visible()
        namespaces = [namespace for namespace, other in known if other == name]
        if namespaces:
            return f"; there is one in {', '.join(namespaces)}: add --namespace {namespaces[0]}"
        here = sorted(other for namespace, other in known if namespace == self._namespace)
        if meant := suggestion(name, here, 3):
            return f"; {meant}"
        return f"; it has {', '.join(here)}" if 0 < len(here) <= 10 else ""

    def _visible(self) -> list[tuple[str, str]]:
        """Namespace and name of the instances that the user may list."""
        for listing in (self.everywhere, self.here):
            try:
                return [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in listing()]
            except ApiException:
                continue
        return []


def condition(instance: Body, type_: str) -> Body:
    """The condition of that type; empty when the operator has not written it yet."""
    conditions = instance.get("status", {}).get("conditions", ())
    return next((found for found in conditions if found["type"] == type_), {})
