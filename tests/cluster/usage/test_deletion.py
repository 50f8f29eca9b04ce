"""An instance is deleted while the operator is away: all of it goes but the data, which are there when it is applied again."""

from kuberedis_core.crd.names import CLAIM_MARK, INSTANCE_LABEL
from tests.cluster.usage import manifests
from tests.cluster.usage.installation import Operator
from tests.cluster.usage.instances import Tenant
from tests.harness.cluster import READY_SECONDS
from tests.harness.waiting import wait_until


def left_of(blue: Tenant, *names: str) -> set[str]:
    """All objects of any kind that carry the label, or the mark, of one of these instances."""
    kinds = blue.kubectl("api-resources", "--namespaced", "--verbs=list", "--output=name").split()
    kinds = [kind for kind in kinds if not kind.startswith("events")]
    found: set[str] = set()
    for label in (INSTANCE_LABEL, CLAIM_MARK):
        found.update(blue.kubectl("get", ",".join(kinds), "--selector", f"{label} in ({','.join(names)})", "--output=name").split())
    return found


def test_nothing_but_the_retained_claim_is_left_and_its_data_are_found_again(operator: Operator, blue: Tenant) -> None:
    kept, dropped = blue.instance("kept").wait_until_serving(), blue.instance("dropped").wait_until_serving()
    for instance in (kept, dropped):
        with instance.client() as http:
            http.post("/keys/greeting", json={"value": "hello"}).raise_for_status()
    old_key = kept.api_key
    with operator.stopped():
        blue.kubectl("delete", "redishttpinstance", "kept", "dropped", "--timeout=20s")
        wait_until(
            lambda: left_of(blue, "kept", "dropped") == {"persistentvolumeclaim/data-kept-0"},
            limit_seconds=READY_SECONDS,
            what="only the retained claim left",
        )
        labels = blue.kubectl("get", "persistentvolumeclaim", "data-kept-0", "--output=jsonpath={.metadata.labels}")
        assert INSTANCE_LABEL not in labels
    blue.kubectl.apply(manifests.instance("kept"), manifests.instance("dropped"))
    with kept.wait_until_serving().client() as http:
        assert http.get("/keys/greeting").json()["value"] == "hello"
    assert kept.api_key != old_key
    with dropped.wait_until_serving().client() as http:
        assert http.get("/keys/greeting").status_code == 404
