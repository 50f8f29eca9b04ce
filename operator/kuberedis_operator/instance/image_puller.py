"""Pulls a new image to the node of a pod that serves, before that pod is stopped for it.

A pod of its own does that: it starts the image once, without data, Secret or network. Only an image that cannot be pulled keeps the old pod
running; whatever else prevents the pod, such as a quota, says nothing about the image, and the restart goes on without.
"""

from __future__ import annotations

from kuberedis_core.body import Body
from kuberedis_core.crd.names import APPLIED_HASH, image_pod_name
from kuberedis_core.logging import log
from kuberedis_operator.errors import ApiRefused, ChildError
from kuberedis_operator.instance import rollout
from kuberedis_operator.instance.applier import Applier, check_ownership
from kuberedis_operator.resources import image_pod
from kuberedis_operator.resources.kinds import POD
from kuberedis_operator.resources.ssa_diff import digest
from kuberedis_operator.runtime.api_client import ApiClient
from kuberedis_operator.runtime.object_store import ObjectStore
from kuberedis_operator.status import image_pull
from kuberedis_operator.status.pod_health import is_ready
from kuberedis_operator.status.reconcile_result import ReconcileResult
from kuberedis_operator.topology.topology import Topology


class ImagePuller:
    """Pulls images for all instances.

    Args:
        api: client of the API server.
        store: live objects.
        applier: creates the pods.
    """

    def __init__(self, api: ApiClient, store: ObjectStore, applier: Applier) -> None:
        self._api = api
        self._store = store
        self._applier = applier

    async def pulled(self, rendered: Body, topology: Topology, pods: list[Body], result: ReconcileResult) -> bool:
        """Whether the pods can be restarted, as far as their images are concerned.

        Args:
            rendered: the StatefulSet as it shall be.
            topology: topology of the instance.
            pods: pods of its members.
            result: where to record that an image is being pulled, or cannot be.

        Raises:
            ApiUnavailable: there was no response.
        """
        for pod in pods:
            if is_ready(pod) and rollout.is_outdated(pod, rendered) and (images := image_pod.missing(pod, rendered)):
                try:
                    return await self._pull(image_pod.build(topology, rendered, images, pod["spec"].get("nodeName")), topology, result)
                except (ApiRefused, ChildError) as error:
                    log.info("image_not_pulled_beforehand", namespace=topology.namespace, name=topology.name, error=str(error))
                    return True
        if (done := self._store.child(POD, topology.namespace, image_pod_name(topology.name))) is not None:
            await self._delete(done, topology)
        return True

    async def _pull(self, wanted: Body, topology: Topology, result: ReconcileResult) -> bool:
        name = wanted["metadata"]["name"]
        live = self._store.child(POD, topology.namespace, name)
        if live is None:
            result.pulling = True
            if await self._applier.create(POD, wanted):
                return False
            live = await self._api.get(POD, topology.namespace, name)
        if live is None or "deletionTimestamp" in live["metadata"]:
            result.pulling = True
            return False
        check_ownership(live, topology.instance.uid)
        if (live["metadata"].get("annotations") or {}).get(APPLIED_HASH) != digest(wanted):
            result.pulling = True
            await self._delete(live, topology)
            return False
        if (problem := image_pull.problem(live)) is not None:
            result.refusals.append(problem)
            return False
        result.pulling = not image_pull.is_done(live)
        return not result.pulling

    async def _delete(self, pod: Body, topology: Topology) -> None:
        try:
            check_ownership(pod, topology.instance.uid)
            await self._api.delete(POD, topology.namespace, pod["metadata"]["name"], pod["metadata"]["uid"])
        except (ApiRefused, ChildError):
            return
