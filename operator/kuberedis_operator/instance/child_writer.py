"""The writing half of a reconcile: the children of one instance, one after the other, each only if it is not as it should be.

The Secret and the ConfigMap come first, because the pod mounts them; a child that cannot be written does not keep the others from it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from kuberedis_core.crd.names import pod_name, secret_name
from kuberedis_core.crd.spec import Instance
from kuberedis_core.logging import log
from kuberedis_operator.instance import rollout
from kuberedis_operator.instance.applier import Children, GoingAway, NameTaken, check_ownership
from kuberedis_operator.instance.key_rotation import GraceError
from kuberedis_operator.instance.reconcile_result import Report
from kuberedis_operator.instance.secret_keeper import SecretKeeper
from kuberedis_operator.instance.volume_keeper import VolumeKeeper
from kuberedis_operator.resources import render
from kuberedis_operator.resources.kinds import CONFIG_MAP, HTTP_ROUTE, INGRESS, NETWORK_POLICY, POD, SECRET, STATEFUL_SET, Kind
from kuberedis_operator.runtime.api_client import Api, ApiError, Body
from kuberedis_operator.runtime.object_store import Cluster
from kuberedis_operator.settings import OperatorSettings
from kuberedis_operator.status.pod_health import Problem

# Children that the spec can also want absent.
_OPTIONAL = (INGRESS, HTTP_ROUTE, NETWORK_POLICY)


class Writer:
    """Writes the children of instances.

    Args:
        api: Where to.
        cluster: What is there.
        settings: Of the operator.
    """

    def __init__(self, api: Api, cluster: Cluster, settings: OperatorSettings) -> None:
        self._api = api
        self._cluster = cluster
        self._settings = settings
        self._children = Children(api, cluster)
        self._secrets = SecretKeeper(api, cluster, self._children, timedelta(seconds=settings.key_grace_seconds))
        self._volumes = VolumeKeeper(api, cluster)

    async def bring_about(self, instance: Instance, report: Report, now: datetime, *, had_secret: bool, routed: bool) -> None:
        """Have all children as they should be.

        Args:
            instance: Whose.
            report: Where to note what was done.
            now: The time.
            had_secret: Whether the instance had a Secret before.
            routed: Whether the route it wants is its own.

        Raises:
            ApiUnavailable: No answer; some children may be written.
        """
        await self._ensure_secret(instance, report, now, had_one=had_secret)
        wanted = set()
        for child in render(instance, self._settings, routed=routed):
            resource = Kind(child.api_version, child.kind, child.plural)
            wanted.add(resource)
            if resource == STATEFUL_SET:
                await self._ensure_stateful_set(child.body, instance, report)
            else:
                await self._ensure(resource, child.body, instance, report)
        await self._remove_all_but(wanted, instance, report)
        await self._refresh_pod(instance, report, now)

    async def _ensure_secret(self, instance: Instance, report: Report, now: datetime, *, had_one: bool) -> None:
        name = secret_name(instance.name)
        try:
            report.secret = await self._secrets.ensure(instance, now, had_one=had_one)
            report.outcomes[SECRET, name] = report.secret.outcome
        except GraceError as error:
            report.refusals.append(Problem("InvalidAnnotation", str(error)))
        except NameTaken:
            report.taken.append(f"Secret {name} (which has no api_key)")
        except GoingAway:
            report.going_away = True
        except ApiError as error:
            report.refusals.append(Problem("ApplyFailed", f"Secret {name}: {error}"))

    async def _ensure(self, resource: Kind, rendered: Body, instance: Instance, report: Report) -> None:
        name = rendered["metadata"]["name"]
        if not self._cluster.serves(resource):
            message = f"the cluster does not serve {resource.kind} ({resource.api_version}); install it, or set spec.routing to Ingress"
            report.refusals.append(Problem("KindNotServed", message))
            return
        try:
            report.outcomes[resource, name] = await self._children.ensure(resource, rendered, instance.uid)
        except NameTaken:
            report.taken.append(f"{resource.kind} {name}")
        except GoingAway:
            report.going_away = True
        except ApiError as error:
            report.refusals.append(Problem("ApplyFailed", f"{resource.kind} {name}: {error}"))

    async def _ensure_stateful_set(self, rendered: Body, instance: Instance, report: Report) -> None:
        namespace, name = instance.namespace, instance.name
        live, pod = self._cluster.child(STATEFUL_SET, namespace, name), self._cluster.child(POD, namespace, pod_name(name))
        updated = pod is None or rollout.is_outdated(pod, rendered) or await self._update_pod(pod, rendered, live)
        rendered, report.volume = await self._volumes.ensure(rendered, live, instance.uid)
        if report.volume.replacing:
            report.going_away = True
            return
        await self._ensure(STATEFUL_SET, rendered, instance, report)
        live = self._cluster.child(STATEFUL_SET, namespace, name)
        # A pod is not restarted for what could only be written in part: it might not come back.
        if pod is None or live is None or report.taken or report.refusals or (updated and not rollout.is_outdated(pod, live)):
            return
        report.restarting = True
        await self._restart(pod, live, report)

    async def _update_pod(self, pod: Body, rendered: Body, live: Body | None) -> bool:
        """Bring a running pod up to date. False if that takes a new pod."""
        if (patch := rollout.relabelling(pod, rendered, live)) is not None:
            await self._patch_pod(patch)
        if (patch := rollout.resizing(pod, rendered, live)) is None:
            return True
        try:
            self._cluster.written(POD, await self._api.resize(POD, patch))
        except ApiError as error:
            log.info("pod_not_resized", namespace=pod["metadata"]["namespace"], pod=pod["metadata"]["name"], error=str(error))
            return False
        return True

    async def _restart(self, pod: Body, stateful_set: Body, report: Report) -> None:
        if rollout.may_be_deleted(pod, stateful_set):
            metadata = pod["metadata"]
            await self._api.delete(POD, metadata["namespace"], metadata["name"], metadata["uid"])
            report.restarted = True

    async def _remove_all_but(self, wanted: set[Kind], instance: Instance, report: Report) -> None:
        for resource in _OPTIONAL:
            if resource in wanted or (live := self._cluster.child(resource, instance.namespace, instance.name)) is None:
                continue
            try:
                check_ownership(live, instance.uid)
                await self._api.delete(resource, instance.namespace, instance.name, live["metadata"]["uid"])
            except (NameTaken, GoingAway):
                continue
            except ApiError as error:
                report.refusals.append(Problem("DeleteFailed", f"{resource.kind} {instance.name}: {error}"))

    async def _refresh_pod(self, instance: Instance, report: Report, now: datetime) -> None:
        pod = self._cluster.child(POD, instance.namespace, pod_name(instance.name))
        if pod is not None and report.touched(CONFIG_MAP, SECRET) and not report.restarting and "deletionTimestamp" not in pod["metadata"]:
            await self._patch_pod(rollout.refreshing(pod, now))

    async def _patch_pod(self, patch: Body) -> None:
        try:
            written = await self._api.merge(POD, patch)
        except ApiError as error:
            # Another pod of that name by now: it is a new one, and up to date.
            if error.status != 409:
                raise
        else:
            if written is not None:
                self._cluster.written(POD, written)
