"""What a change of the spec does to the running pod: nothing, or a restart if the change requires one."""

from tests.cluster.usage.instances import SOON_SECONDS, Tenant
from tests.harness.cluster import READY_SECONDS
from tests.harness.objects import Body
from tests.harness.waiting import wait_until

NAME = "changed"


def container(pod: Body, name: str) -> Body:
    """The status of a container."""
    return next(status for status in pod["status"]["containerStatuses"] if status["name"] == name)


def test_redis_takes_memory_and_eviction_while_it_runs(blue: Tenant) -> None:
    instance = blue.instance(NAME).wait_until_serving()
    lives = instance.lives()
    blue.change(NAME, maxmemory="24Mi", evictionPolicy="allkeys-lru", config={"hash-max-listpack-entries": "64"})

    def settings() -> list[str]:
        return blue.redis_cli(NAME, "CONFIG", "GET", "maxmemory", "maxmemory-policy", "hash-max-listpack-entries")

    wanted = {"maxmemory": str(24 * 2**20), "maxmemory-policy": "allkeys-lru", "hash-max-listpack-entries": "64"}
    wait_until(
        lambda: dict(zip((rows := settings())[::2], rows[1::2], strict=True)) == wanted,
        limit_seconds=SOON_SECONDS,
        what="the new settings",
    )
    limit = instance.body()["status"]["memoryLimit"]
    wait_until(
        lambda: container(instance.pod(), "redis")["resources"]["limits"]["memory"] == limit,
        limit_seconds=SOON_SECONDS,
        what="the memory limit that belongs to them",
    )
    assert instance.lives() == lives


def test_the_pod_gets_other_resources_while_it_runs(blue: Tenant) -> None:
    instance = blue.instance(NAME).wait_until_serving()
    lives = instance.lives()
    blue.change(NAME, resources={"redis": {"limits": {"memory": "160Mi"}}, "sidecar": {"requests": {"cpu": "15m"}}})
    wait_until(
        lambda: (
            container(instance.pod(), "redis")["resources"]["limits"]["memory"] == "160Mi"
            and container(instance.pod(), "sidecar")["resources"]["requests"]["cpu"] == "15m"
        ),
        limit_seconds=SOON_SECONDS,
        what="the new resources",
    )
    assert instance.lives() == lives


def test_labels_and_annotations_go_onto_the_running_pod_and_off_again(blue: Tenant) -> None:
    instance = blue.instance(NAME).wait_until_serving()
    lives = instance.lives()
    blue.change(NAME, podTemplate={"labels": {"example.com/team": "blue"}, "annotations": {"example.com/note": "hello"}})
    wait_until(
        lambda: (
            instance.pod()["metadata"]["labels"].get("example.com/team") == "blue"
            and instance.pod()["metadata"]["annotations"].get("example.com/note") == "hello"
        ),
        limit_seconds=SOON_SECONDS,
        what="label and annotation",
    )
    blue.change(NAME, podTemplate=None)
    wait_until(
        lambda: (
            "example.com/team" not in instance.pod()["metadata"]["labels"]
            and "example.com/note" not in instance.pod()["metadata"]["annotations"]
        ),
        limit_seconds=SOON_SECONDS,
        what="the pod without them",
    )
    assert instance.lives() == lives


def test_a_setting_that_redis_reads_at_its_start_restarts_it_once_and_keeps_its_data(blue: Tenant) -> None:
    instance = blue.instance(NAME).wait_until_serving()
    with instance.client() as http:
        http.post("/keys/greeting", json={"value": "hello"}).raise_for_status()
    uid = instance.pod_uid()
    blue.change(NAME, config={"tcp-backlog": "400"})
    wait_until(
        lambda: instance.pod_uid() not in ("", uid),
        limit_seconds=READY_SECONDS,
        what="another pod",
    )
    another = instance.pod_uid()
    with instance.wait_until_serving().client() as http:
        assert http.get("/keys/greeting").json()["value"] == "hello"
    assert blue.redis_cli(NAME, "CONFIG", "GET", "tcp-backlog") == ["tcp-backlog", "400"]
    assert instance.lives() == (another, 0)
