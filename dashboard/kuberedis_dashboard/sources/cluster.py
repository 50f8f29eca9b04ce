"""The instances of a cluster, read with the rights of one user."""

from __future__ import annotations

from collections.abc import AsyncIterator

from kuberedis_core.api_kind import Kind
from kuberedis_core.body import Body
from kuberedis_core.instance_secret import Signing, signing_of
from kuberedis_dashboard.errors import NotFound
from kuberedis_dashboard.kube.client import KubeClient, User
from kuberedis_dashboard.kube.cluster import Cluster
from kuberedis_dashboard.kube.credential import CredentialSource
from kuberedis_dashboard.live.following import Away, Happening, Listed, follow, list_all
from kuberedis_dashboard.live.following_one import follow_one
from kuberedis_dashboard.sources.instance_reading import read_page
from kuberedis_dashboard.sources.source import Sources
from kuberedis_dashboard.views.instance_page import InstancePage
from kuberedis_dashboard.views.keys import secret_of

SECRET = Kind("v1", "Secret", "secrets")


class ClusterSource:
    """`Source` of a cluster.

    Args:
        kube: The API server, asked as the user.
    """

    def __init__(self, kube: KubeClient) -> None:
        self.kube = kube
        """For the pages that only a cluster has."""

    async def whoami(self) -> User:
        """See `Source.whoami`."""
        return await self.kube.whoami()

    async def may(self, verb: str, resource: str, namespace: str | None, name: str = "") -> bool:
        """See `Source.may`."""
        return await self.kube.may(verb, resource, namespace, name)

    async def list_all(self, namespace: str | None) -> Listed:
        """See `Source.list_all`."""
        return await list_all(self.kube, namespace)

    def follow(self, namespace: str | None) -> AsyncIterator[Happening]:
        """See `Source.follow`."""
        return follow(self.kube, namespace)

    async def get_instance(self, namespace: str, name: str) -> Body:
        """See `Source.get_instance`."""
        return await self.kube.get_instance(namespace, name)

    def follow_one(self, namespace: str, name: str) -> AsyncIterator[Body | Away]:
        """See `Source.follow_one`."""
        return follow_one(self.kube, namespace, name)

    async def read_page(self, instance: Body) -> InstancePage:
        """See `Source.read_page`."""
        return await read_page(self.kube, instance)

    async def read_signing(self, namespace: str, name: str) -> Signing:
        """See `Source.read_signing`."""
        path = SECRET.path(namespace, secret_of({"metadata": {"name": name}}))
        try:
            secret = await self.kube.get(path)
        except NotFound:
            raise NotFound(
                f"{name} has no key yet", "Wait until the operator has made it; the page of the instance shows its progress."
            ) from None
        signing = signing_of(secret.get("data") or {}, secret["metadata"].get("annotations") or {})
        if signing is None:
            raise NotFound(f"the Secret {name}-auth has no usable key", "Delete the Secret, and the operator makes a new one.")
        return signing


def of_cluster(cluster: Cluster) -> Sources:
    """The sources of the users of a cluster."""

    def source(credential: CredentialSource) -> ClusterSource:
        return ClusterSource(KubeClient(cluster, credential))

    return source
