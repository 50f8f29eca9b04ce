"""Another operator takes over, as in an upgrade: instances do not notice, and nothing is written to them."""

from tests.cluster.usage.installation import Operator
from tests.cluster.usage.instances import Tenant
from tests.faults.traffic import echo, traffic
from tests.harness.objects import CHILDREN

_EVERYTHING = ("RedisHttpInstance", "Pod", "PersistentVolumeClaim", *CHILDREN)


def versions(tenant: Tenant) -> dict[str, str]:
    """The resourceVersion of everything there is of the tenant's instances; each write gives another."""
    bodies = [body for kind in _EVERYTHING for body in tenant.objects.list(kind, tenant.namespace)]
    return {f"{body['kind']}/{body['metadata']['name']}": body["metadata"]["resourceVersion"] for body in bodies}


def test_no_pod_restarts_and_nothing_is_written(operator: Operator, blue: Tenant, green: Tenant) -> None:
    tenants = (blue, green)
    instances = [
        tenant.instance(body["metadata"]["name"])
        for tenant in tenants
        for body in tenant.objects.list("RedisHttpInstance", tenant.namespace)
    ]
    for instance in instances:
        instance.wait_for_condition("Ready", "Serving", limit_seconds=90)
    lives = [instance.lives() for instance in instances]
    before = [versions(tenant) for tenant in tenants]
    with traffic(instances[0], echo, clients=1, pause=0.05) as result:
        operator.restart()
        operator.wait_until_done(len(instances))
    assert operator.writes() == {}
    assert [versions(tenant) for tenant in tenants] == before
    assert [instance.lives() for instance in instances] == lives
    assert {one.status for one in result.seen} == {200}
