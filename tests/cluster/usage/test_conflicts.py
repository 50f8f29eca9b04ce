"""What belongs to others is left alone and reported: the path of an older instance, the name of a child."""

from tests.cluster.usage import manifests
from tests.cluster.usage.instances import SOON_SECONDS, Tenant
from tests.harness.waiting import wait_until

# Foreign objects are not watched but polled.
_POLL_SECONDS = 45


def test_the_older_instance_keeps_the_path_and_it_passes_on_some_time_after_that_one_went(blue: Tenant, green: Tenant) -> None:
    older, younger = blue.instance("contested").wait_until_serving(), green.instance("contested")
    url = older.url
    green.kubectl.apply(manifests.instance("contested"))
    condition = younger.wait_for_condition("RouteConflict", "PathTaken")
    assert f"{blue.namespace}/contested" in condition["message"]
    assert "url" not in younger.body()["status"]
    assert green.objects.get("Ingress", green.namespace, "contested") is None
    assert older.status_of(older.api_key) == 200
    assert older.status_of(younger.api_key) == 401

    blue.kubectl("delete", "redishttpinstance", "contested")
    assert blue.namespace in younger.wait_for_condition("RouteConflict", "PathHeldBack")["message"]
    younger.wait_until_serving()
    assert younger.url == url
    assert younger.status_of(younger.api_key) == 200
    assert younger.condition("RouteConflict")["status"] == "False"


def test_a_service_that_has_the_name_of_a_child_is_left_alone_until_it_goes(blue: Tenant) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "taken-http"}, "spec": {"ports": [{"port": 5432}]}}
    blue.kubectl.apply(service)
    before = blue.objects.get("Service", blue.namespace, "taken-http")
    blue.kubectl.apply(manifests.instance("taken"))
    instance = blue.instance("taken")
    condition = instance.wait_for_condition("NameConflict", "NameTaken")
    assert "Service taken-http" in condition["message"]
    assert instance.condition("Ready")["status"] == "False"
    assert blue.objects.get("Service", blue.namespace, "taken-http") == before

    blue.kubectl("delete", "service", "taken-http")
    wait_until(
        lambda: instance.condition("NameConflict").get("status") == "False",
        limit_seconds=_POLL_SECONDS,
        what="the end of the conflict",
    )
    instance.wait_until_serving()
    blue.kubectl("delete", "redishttpinstance", "taken", f"--timeout={SOON_SECONDS}s")
