"""A pod serves until the images of its successor are on its node."""

import pytest

from kuberedis_core.body import Body
from kuberedis_core.crd.names import RESTART_HASH, selector
from kuberedis_operator.resources.kinds import INSTANCE, POD, STATEFUL_SET
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import NAMESPACE, apply, condition, serving
from tests.operator.handlers.objects import ObjectKey, Objects
from tests.operator.handlers.running import Operator

pytestmark = pytest.mark.anyio

INSTANCE_KEY = ObjectKey(INSTANCE, NAMESPACE, "my-cache")
STATEFUL_SET_KEY = ObjectKey(STATEFUL_SET, NAMESPACE, "my-cache")
POD_KEY = ObjectKey(POD, NAMESPACE, "my-cache-0")
PULL_KEY = ObjectKey(POD, NAMESPACE, "my-cache-image")
FAILED = {"waiting": {"reason": "ImagePullBackOff", "message": "no such tag"}}
DONE = {"terminated": {"exitCode": 0}}


def restart_hash(objects: Objects) -> str:
    """That of the StatefulSet's template."""
    found: str = objects[STATEFUL_SET_KEY]["spec"]["template"]["metadata"]["annotations"][RESTART_HASH]
    return found


def status(objects: Objects, state: Body) -> Body:
    """The status of the pod that pulls, with all containers in that state."""
    containers = objects[PULL_KEY]["spec"]["containers"]
    return {"status": {"containerStatuses": [{"name": each["name"], "image": each["image"], "state": state} for each in containers]}}


def deletions(api_server: ApiServer) -> list[str]:
    return [request.url.path.rpartition("/")[2] for request in api_server if request.method == "DELETE"]


async def serve(api_server: ApiServer, operator: Operator) -> Objects:
    """An instance that serves, on node-1."""
    objects = api_server.objects
    apply(objects, version="8", podTemplate={"tolerations": [{"key": "a", "operator": "Exists"}], "imagePullSecrets": [{"name": "login"}]})
    await serving(objects, INSTANCE_KEY)
    objects.edit(POD_KEY, {"spec": {"nodeName": "node-1"}})
    objects.edit(STATEFUL_SET_KEY, {"status": {"observedGeneration": 99}})
    await operator.reconcile_again(INSTANCE_KEY)
    return objects


def make_pod(objects: Objects) -> None:
    """Make the pod from its template, as the StatefulSet does."""
    template = objects[STATEFUL_SET_KEY]["spec"]["template"]
    metadata = {**template["metadata"], "namespace": NAMESPACE, "name": "my-cache-0"}
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    spec = {**template["spec"], "nodeName": "node-1"}
    objects.create(POD, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": ready})


async def test_an_image_that_cannot_be_pulled_stops_nothing(api_server: ApiServer, operator: Operator) -> None:
    objects = await serve(api_server, operator)
    before = restart_hash(objects)
    objects.edit(INSTANCE_KEY, {"spec": {"version": "8.99"}})
    await until(lambda: objects.get(PULL_KEY), what="the pod that pulls")
    await until(lambda: condition(objects, INSTANCE_KEY, "Progressing").get("reason") == "PullingImage", what="a condition")
    objects.edit(PULL_KEY, status(objects, FAILED))
    await until(lambda: condition(objects, INSTANCE_KEY, "Degraded").get("reason") == "ImageNotPulled", what="a condition")
    assert "redis:8.99" in condition(objects, INSTANCE_KEY, "Degraded")["message"]
    assert condition(objects, INSTANCE_KEY, "Ready")["status"] == "True"
    # Should the pod end, it comes back as it was.
    assert restart_hash(objects) == before
    assert deletions(api_server) == []
    objects.edit(INSTANCE_KEY, {"spec": {"version": "8"}})
    await until(lambda: condition(objects, INSTANCE_KEY, "Degraded").get("status") == "False", what="no problem any more")
    assert deletions(api_server) == ["my-cache-image"]


async def test_the_pod_that_pulls_is_restricted_and_found_by_nothing(api_server: ApiServer, operator: Operator) -> None:
    objects = await serve(api_server, operator)
    objects.edit(INSTANCE_KEY, {"spec": {"version": "7.2"}})
    await until(lambda: objects.get(PULL_KEY), what="the pod that pulls")
    pod, running = objects[PULL_KEY], objects[POD_KEY]
    assert not selector("my-cache").items() <= pod["metadata"]["labels"].items()
    assert pod["metadata"]["ownerReferences"][0]["uid"] == objects[INSTANCE_KEY]["metadata"]["uid"]
    (container,) = pod["spec"]["containers"]
    assert container["image"].endswith("redis:7.2")
    assert "volumes" not in pod["spec"]
    assert not {"env", "envFrom", "volumeMounts"} & set(container)
    assert pod["spec"]["nodeName"] == "node-1"
    assert pod["spec"]["restartPolicy"] == "Never"
    for name in ("securityContext", "automountServiceAccountToken", "tolerations", "imagePullSecrets"):
        assert pod["spec"][name] == running["spec"][name]
    assert container["securityContext"] == running["spec"]["containers"][0]["securityContext"]


async def test_a_pod_is_restarted_once_its_image_is_there(api_server: ApiServer, operator: Operator) -> None:
    objects = await serve(api_server, operator)
    objects.edit(INSTANCE_KEY, {"spec": {"version": "7.2"}})
    await until(lambda: objects.get(PULL_KEY), what="the pod that pulls")
    assert deletions(api_server) == []
    objects.edit(PULL_KEY, status(objects, DONE))
    # The pod that pulled may be gone as soon as the other one is.
    await until(lambda: deletions(api_server)[:1] == ["my-cache-0"], what="the restart")
    make_pod(objects)
    await until(lambda: deletions(api_server)[-1] == "my-cache-image", what="the end of the pod that pulled")


UNTRIED = {"a quota refuses the pod": 403, "the kubelet does not take it": None}


@pytest.mark.parametrize("refusal", UNTRIED.values(), ids=UNTRIED)
async def test_what_says_nothing_of_the_image_does_not_stop_the_restart(
    api_server: ApiServer, operator: Operator, refusal: int | None
) -> None:
    objects = await serve(api_server, operator)
    if refusal is not None:
        api_server[f"/api/v1/namespaces/{NAMESPACE}/pods/my-cache-image"] << refusal
    objects.edit(INSTANCE_KEY, {"spec": {"version": "7.2"}})
    if refusal is None:
        await until(lambda: objects.get(PULL_KEY), what="the pod that pulls")
        objects.edit(PULL_KEY, {"status": {"phase": "Failed", "reason": "OutOfpods"}})
    await until(lambda: "my-cache-0" in deletions(api_server), what="the restart")


async def test_a_restart_that_is_requested_happens_once(api_server: ApiServer, operator: Operator) -> None:
    objects = await serve(api_server, operator)
    asked = {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}
    objects.edit(STATEFUL_SET_KEY, {"spec": {"template": {"metadata": {"annotations": asked}}}})
    await until(lambda: deletions(api_server) == ["my-cache-0"], what="the restart by kubectl")
    make_pod(objects)
    objects.edit(INSTANCE_KEY, {"metadata": {"annotations": {"cache.yourcompany.com/restart": "\x00 any text 💥"}}})
    await until(lambda: deletions(api_server) == ["my-cache-0"] * 2, what="the restart by annotation")
    annotations = objects[STATEFUL_SET_KEY]["spec"]["template"]["metadata"]["annotations"]
    assert asked.items() <= annotations.items()
    make_pod(objects)
    await operator.reconcile_again(INSTANCE_KEY)
    assert deletions(api_server) == ["my-cache-0"] * 2


async def test_an_instance_that_is_paused_stays_stopped(api_server: ApiServer, operator: Operator) -> None:
    objects = await serve(api_server, operator)
    objects.edit(INSTANCE_KEY, {"spec": {"paused": True}})
    await operator.reconcile_again(INSTANCE_KEY)
    objects.edit(STATEFUL_SET_KEY, {"spec": {"replicas": 0}})
    objects.delete(POD_KEY)
    await until(lambda: condition(objects, INSTANCE_KEY, "Ready").get("reason") == "Paused", what="a condition")
    await operator.reconcile_again(INSTANCE_KEY)
    assert objects[STATEFUL_SET_KEY]["spec"]["replicas"] == 0
    objects.edit(INSTANCE_KEY, {"spec": {"paused": False}})
    await until(lambda: objects[STATEFUL_SET_KEY]["spec"]["replicas"] == 1, what="the pod again")
