"""Instances of three members: pods are restarted one at a time, members come and go, and the status says how they stand."""

import json
from collections.abc import AsyncIterator

import pytest

from kuberedis_core.body import Body
from kuberedis_operator.instance.scaling import is_replicated
from kuberedis_operator.resources.kinds import CONFIG_MAP, EVENT, INSTANCE, POD
from tests.harness.waiting import until
from tests.operator.handlers.api_server import ApiServer
from tests.operator.handlers.instances import NAMESPACE, apply, condition
from tests.operator.handlers.objects import ObjectKey, Objects
from tests.operator.handlers.replicated import STATEFUL_SET_KEY, Members
from tests.operator.handlers.running import Operator
from tests.operator.members import ONE, TWO, ZERO

pytestmark = pytest.mark.anyio

KEY = ObjectKey(INSTANCE, NAMESPACE, "my-cache")


@pytest.fixture
async def members(api_server: ApiServer) -> AsyncIterator[Members]:
    """Members that answer, for an instance that a test applies."""
    async with Members(api_server.objects).running() as members:
        yield members


@pytest.fixture
async def operator(api_server: ApiServer, members: Members) -> AsyncIterator[Operator]:
    """An operator that asks those members."""
    async with Operator(api_server, members_port=members.port) as operator:
        yield operator


async def serving(objects: Objects, *, replicas: int = 3) -> None:
    """An instance that serves."""
    apply(objects, replicas=replicas)
    await has(objects, "Replicated" if replicas > 1 else "Ready", "InSync" if replicas > 1 else "Serving")
    await has(objects, "Ready", "Serving")


async def has(objects: Objects, kind: str, reason: str, limit_seconds: float = 30) -> None:
    """Wait for a condition."""
    await until(lambda: condition(objects, KEY, kind).get("reason") == reason, limit_seconds=limit_seconds, what=f"{kind}: {reason}")


def restart(objects: Objects, request: str) -> None:
    objects.edit(KEY, {"metadata": {"annotations": {"cache.yourcompany.com/restart": request}}})


def progress(objects: Objects, version: int) -> list[str]:
    """The reasons of the condition Progressing since then."""
    statuses = [change.body.get("status", {}) for change in objects.since(version) if change.key == KEY]
    conditions = [each for status in statuses for each in status.get("conditions", ())]
    return [each["reason"] for each in conditions if each["type"] == "Progressing"]


def reasons(objects: Objects) -> list[str]:
    return [objects[key]["reason"] for key in objects if key.kind == EVENT]


def status(objects: Objects) -> Body:
    found: Body = objects[KEY]["status"]
    return found


@pytest.mark.usefixtures("operator")
async def test_pods_are_restarted_one_at_a_time_and_the_primary_last(api_server: ApiServer, members: Members) -> None:
    objects = api_server.objects
    await serving(objects)
    assert status(objects)["primary"] == ZERO
    assert (status(objects)["replicas"], status(objects)["inSyncReplicas"]) == (3, 3)
    assert status(objects)["members"] == [
        {"name": ZERO, "role": "primary", "inSync": True},
        {"name": ONE, "role": "replica", "inSync": True, "lagBytes": 0},
        {"name": TWO, "role": "replica", "inSync": True, "lagBytes": 0},
    ]
    version = objects.version
    restart(objects, "once")
    await until(lambda: len(members.ended) == 3 and members.in_order(), limit_seconds=30, what="the end of the roll")
    assert members.ended == [TWO, ONE, ZERO]
    await until(lambda: status(objects)["primary"] == ONE, what="the new primary")
    await has(objects, "Progressing", "Complete")
    assert "Restarting" in progress(objects, version)
    # An Event follows the status that it is about.
    await until(lambda: "SwitchedOver" in reasons(objects), what="the Event of the switchover")
    assert [reason for reason in reasons(objects) if reason in ("Restarting", "SwitchedOver", "FailedOver")] == ["Restarting"] * 3 + [
        "SwitchedOver"
    ]
    assert condition(objects, KEY, "Degraded")["status"] == "False"


@pytest.mark.usefixtures("operator")
async def test_a_roll_stops_at_the_first_pod_that_cannot_start_and_goes_on_when_the_spec_is_repaired(
    api_server: ApiServer, members: Members
) -> None:
    objects = api_server.objects
    await serving(objects)
    members.broken = True
    restart(objects, "breaks")
    await has(objects, "Degraded", "ContainerFailed")
    assert "my-cache-2" in condition(objects, KEY, "Degraded")["message"]
    await has(objects, "Progressing", "Stalled")
    assert condition(objects, KEY, "Ready")["status"] == "True"
    assert members.ended == [TWO]
    members.broken = False
    restart(objects, "repairs")
    await until(lambda: len(members.ended) == 4 and members.in_order(), limit_seconds=30, what="the end of the roll")
    assert members.ended == [TWO, TWO, ONE, ZERO]


async def test_nothing_is_written_while_nothing_happens(api_server: ApiServer, members: Members, operator: Operator) -> None:
    objects = api_server.objects
    await serving(objects)
    await has(objects, "Progressing", "Complete")
    writes, lag = len(api_server.writes()), members.lag
    await operator.reconcile_again(KEY)
    assert members.lag > lag
    assert api_server.writes()[writes:] == []


@pytest.mark.usefixtures("operator")
async def test_a_failure_of_the_primary_is_reported(api_server: ApiServer, members: Members) -> None:
    objects = api_server.objects
    await serving(objects)
    members.primary, members.last_change = TWO, "failover"
    members.silent.add(ZERO)
    restart(objects, "")
    await until(lambda: status(objects)["primary"] == TWO, what="the new primary")
    await has(objects, "Replicated", "ReplicaDown")
    assert status(objects)["inSyncReplicas"] == 2
    await until(lambda: "FailedOver" in reasons(objects), what="the Event")
    assert condition(objects, KEY, "Ready")["status"] == "True"


def told(objects: Objects) -> Body:
    """What the members have been told of each other; empty if there are no several."""
    config_map = objects[ObjectKey(CONFIG_MAP, NAMESPACE, "my-cache-config")]
    found: Body = json.loads(config_map["data"].get("members.json", "{}"))
    return found


def founder(objects: Objects) -> str | None:
    return told(objects).get("founder")


@pytest.mark.usefixtures("operator")
async def test_an_instance_gets_more_members_with_one_restart_of_the_first(api_server: ApiServer, members: Members) -> None:
    objects = api_server.objects
    await serving(objects, replicas=1)
    version = objects.version
    members.slow = True
    objects.edit(KEY, {"spec": {"replicas": 3}})
    await until(lambda: founder(objects) == ZERO, what="the founder")
    await has(objects, "Progressing", "Scaling")
    members.slow = False
    await has(objects, "Replicated", "InSync")
    await until(lambda: founder(objects) is None, what="the end of it")
    pods = [(change.event_type, change.key.name) for change in objects.since(version) if change.key.kind == POD]
    assert [pod for pod in pods if pod[0] != "MODIFIED"] == [("ADDED", ONE), ("ADDED", TWO), ("DELETED", ZERO), ("ADDED", ZERO)]
    assert "VolumeReplaced" not in reasons(objects)


@pytest.mark.usefixtures("operator")
async def test_an_instance_gets_fewer_members_without_a_restart_of_the_first(api_server: ApiServer, members: Members) -> None:
    objects = api_server.objects
    await serving(objects)
    members.primary, members.last_change = TWO, "failover"
    objects.edit(KEY, {"spec": {"replicas": 1}})
    await until(lambda: [each["name"] for each in told(objects)["members"]] == [ZERO], limit_seconds=30, what="the first to be alone")
    assert members.ended == [TWO, ONE]
    assert members.primary == ZERO
    assert objects[STATEFUL_SET_KEY]["spec"]["replicas"] == 1
    await until(lambda: "primary" not in status(objects), what="the status of one member")
    assert not condition(objects, KEY, "Replicated")
    await has(objects, "Ready", "Serving")
    # What restarts it gives it the form of one member.
    restart(objects, "once")
    await until(lambda: members.pod(ZERO) and not is_replicated(members.pod(ZERO)), limit_seconds=30, what="the pod of one member")
    assert members.ended == [TWO, ONE, ZERO]


@pytest.mark.usefixtures("operator")
async def test_a_member_that_is_left_of_several_founds_them_anew_without_a_restart(api_server: ApiServer, members: Members) -> None:
    objects = api_server.objects
    await serving(objects)
    objects.edit(KEY, {"spec": {"replicas": 1}})
    await until(lambda: len(told(objects)["members"]) == 1, limit_seconds=30, what="the first to be alone")
    version = objects.version
    objects.edit(KEY, {"spec": {"replicas": 3}})
    await until(lambda: founder(objects) == ZERO, what="the founder")
    await until(lambda: founder(objects) is None and members.in_order(), limit_seconds=30, what="three members")
    pods = [(change.event_type, change.key.name) for change in objects.since(version) if change.key.kind == POD]
    assert [pod for pod in pods if pod[0] != "MODIFIED"] == [("ADDED", ONE), ("ADDED", TWO)]
