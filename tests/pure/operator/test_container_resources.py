"""Amounts of the containers: room for the data and for the work of the server, unless the spec says otherwise."""

from pathlib import Path
from typing import Any

import pytest

from kuberedis_core.crd.spec import Instance
from kuberedis_operator.topology.container_resources import memory_limit
from kuberedis_sidecar.settings import Settings
from tests.operator.rendering import container, instance

MIB = 2**20


def resources(name: str, instance: Instance) -> dict[str, dict[str, str]]:
    """`resources` of a container."""
    found: dict[str, dict[str, str]] = container(name, instance)["resources"]
    return found


def test_redis_has_room_for_a_fork_beside_its_data() -> None:
    assert resources("redis", instance(maxmemory="512Mi")) == {
        "requests": {"cpu": "100m", "memory": "832Mi"},
        "limits": {"memory": "832Mi"},
    }
    assert memory_limit(instance(maxmemory="512Mi").spec) == 832 * MIB


def test_redis_without_persistence_needs_less_room() -> None:
    assert memory_limit(instance(maxmemory="512Mi", persistence="none").spec) == 704 * MIB


def test_the_limit_is_a_number_that_a_person_can_read() -> None:
    assert resources("redis", instance(maxmemory="333333333"))["limits"]["memory"].endswith("Mi")


def test_the_sidecar_has_room_for_the_bodies_that_it_may_hold() -> None:
    assert resources("sidecar", instance()) == {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}}
    assert resources("sidecar", instance(limits={"maxBodyBytes": 100 * MIB}))["limits"]["memory"] == "1696Mi"
    assert resources("sidecar", instance(limits={"maxBodyBytes": 1024}))["limits"]["memory"] == "256Mi"


@pytest.mark.parametrize(
    ("spec", "memory", "body"),
    [
        ({}, 256 * MIB, 10 * MIB),
        ({"limits": {"maxBodyBytes": 20 * MIB}}, 416 * MIB, 20 * MIB),
        ({"resources": {"sidecar": {"limits": {"memory": "128Mi"}}}}, 128 * MIB, 2 * MIB),
        ({"resources": {"sidecar": {"limits": {"memory": "1Gi"}}}}, 1024 * MIB, 10 * MIB),
        ({"resources": {"sidecar": {"requests": {"memory": "300Mi"}}}}, 300 * MIB, 10 * MIB),
    ],
)
def test_the_sidecar_knows_its_memory_and_takes_bodies_that_fit(spec: dict[str, Any], memory: int, body: int) -> None:
    rendered = instance(**spec)
    assert (rendered.spec.sidecar_memory, rendered.spec.max_body_bytes) == (memory, body)
    variables = {variable["name"]: variable["value"] for variable in container("sidecar", rendered)["env"]}
    assert variables["KUBEREDIS_MEMORY_BYTES"] == str(memory)


@pytest.mark.parametrize(
    ("limits", "body", "workers", "memory"),
    [
        ({}, None, 1, 256 * MIB),
        ({"cpu": "250m"}, None, 1, 256 * MIB),
        ({"cpu": "1999m"}, None, 1, 256 * MIB),
        ({"cpu": "2"}, None, 2, 448 * MIB),
        ({"cpu": 4}, None, 4, 832 * MIB),
        ({"cpu": "3500m"}, MIB, 3, 256 * MIB),
        ({"cpu": 1000}, MIB, 16, 832 * MIB),
        # A memory limit of one's own decides how many have room for the largest body.
        ({"cpu": "2", "memory": "448Mi"}, None, 2, 448 * MIB),
        ({"cpu": "4", "memory": "447Mi"}, None, 1, 447 * MIB),
        ({"cpu": "4", "memory": "700Mi"}, None, 3, 700 * MIB),
        ({"cpu": "4", "memory": "128Mi"}, None, 1, 128 * MIB),
        ({"cpu": "4", "memory": "256Mi"}, MIB, 4, 256 * MIB),
    ],
)
def test_the_sidecar_has_a_worker_for_each_core_that_its_limits_leave_room_for(
    tmp_path: Path, limits: dict[str, Any], body: int | None, workers: int, memory: int
) -> None:
    rendered = instance(resources={"sidecar": {"limits": limits}}, limits={} if body is None else {"maxBodyBytes": body})
    variables = {variable["name"]: variable["value"] for variable in container("sidecar", rendered)["env"]}
    assert variables.get("KUBEREDIS_WORKERS") == (None if workers == 1 else str(workers))
    assert (rendered.spec.sidecar_memory, variables["KUBEREDIS_MEMORY_BYTES"]) == (memory, str(memory))
    # The sidecar starts, and takes the same bodies as with one worker.
    files = dict.fromkeys(("KUBEREDIS_REDIS_PASSWORD_FILE", "KUBEREDIS_REDIS_SETTINGS_FILE"), __file__)
    found = Settings.from_environ(variables | files | {"KUBEREDIS_AUTH_DIR": str(tmp_path)})
    with_one_worker = body or min(10 * MIB, (memory - 96 * MIB) // 16)
    assert (found.workers, found.max_body_bytes, rendered.spec.max_body_bytes) == (workers, with_one_worker, with_one_worker)


@pytest.mark.parametrize(
    ("own", "effective"),
    [
        ({"limits": {"memory": "2Gi"}}, {"requests": {"cpu": "100m", "memory": "2Gi"}, "limits": {"memory": "2Gi"}}),
        ({"requests": {"memory": "600Mi"}}, {"requests": {"cpu": "100m", "memory": "600Mi"}, "limits": {"memory": "832Mi"}}),
        ({"requests": {"memory": "1024Mi"}}, {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}),
        ({"limits": {"cpu": 1}}, {"requests": {"cpu": "100m", "memory": "832Mi"}, "limits": {"cpu": "1", "memory": "832Mi"}}),
        ({"limits": {"cpu": "50m"}}, {"requests": {"cpu": "50m", "memory": "832Mi"}, "limits": {"cpu": "50m", "memory": "832Mi"}}),
        (
            {"requests": {"ephemeral-storage": "1Gi"}},
            {"requests": {"cpu": "100m", "memory": "832Mi", "ephemeral-storage": "1Gi"}, "limits": {"memory": "832Mi"}},
        ),
    ],
)
def test_an_amount_in_the_spec_keeps_the_others_consistent(own: object, effective: object) -> None:
    assert resources("redis", instance(resources={"redis": own})) == effective
    assert resources("sidecar", instance(resources={"redis": own})) == resources("sidecar", instance())


def test_the_memory_limit_of_the_spec_is_reported() -> None:
    assert memory_limit(instance(resources={"redis": {"limits": {"memory": "2Gi"}}}).spec) == 2048 * MIB
