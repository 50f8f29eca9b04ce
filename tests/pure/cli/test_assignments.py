"""FIELD=VALUE of `create` and `set`: the patch that they make, and what is said of one that makes none."""

from typing import Any

import pytest

from kuberedis_cli.change.assignments import patch_of
from kuberedis_cli.change.differences import differences
from kuberedis_cli.errors import UsageError


@pytest.mark.parametrize(
    ("assignments", "patch"),
    [
        (["replicas=3", "capacity=2Gi"], {"replicas": 3, "capacity": "2Gi"}),
        (["spec.paused=true", "paused=FALSE"], {"paused": False}),
        (["ingress.host=redis.example.com", "ingress.enabled=true"], {"ingress": {"host": "redis.example.com", "enabled": True}}),
        (["config.hz=50"], {"config": {"hz": "50"}}),
        (["config.client-output-buffer-limit=normal 0 0 0"], {"config": {"client-output-buffer-limit": "normal 0 0 0"}}),
        (["maxmemory=", "config.hz="], {"maxmemory": None, "config": {"hz": None}}),
        (["limits.maxTokenSeconds=600"], {"limits": {"maxTokenSeconds": 600}}),
        (['limits.corsOrigins=["https://a.example.com"]'], {"limits": {"corsOrigins": ["https://a.example.com"]}}),
        (["podTemplate.nodeSelector.example.com/kind=fast"], {"podTemplate": {"nodeSelector": {"example.com/kind": "fast"}}}),
        (["version=8"], {"version": "8"}),
        (["replicas=many"], {"replicas": "many"}),
        (["config.requirepass=a=b"], {"config": {"requirepass": "a=b"}}),
    ],
)
def test_assignments_make_a_merge_patch(assignments: list[str], patch: dict[str, Any]) -> None:
    assert patch_of(assignments) == patch


@pytest.mark.parametrize(
    ("assignments", "problem"),
    [
        (["replicas"], "'replicas' changes no field; write FIELD=VALUE"),
        (["=3"], "'=3' changes no field"),
        (["maxmemroy=1Gi"], "spec has no field 'maxmemroy'; did you mean maxmemory?"),
        (["ingress.hots=x"], "spec.ingress has no field 'hots'; did you mean host?"),
        (["replicas.x=3"], "spec.replicas has no fields, so there is no replicas.x"),
        (["limits.corsOrigins=x"], "limits.corsOrigins is a list or an object; write it as JSON"),
        (["ingress={}x"], "ingress is a list or an object"),
        (["config=", "config.hz=1"], "spec.config.hz is below a field that another change sets as a whole"),
    ],
)
def test_what_is_no_change_is_refused(assignments: list[str], problem: str) -> None:
    with pytest.raises(UsageError) as refusal:
        patch_of(assignments)
    assert str(refusal.value).startswith(problem)


def test_differences_are_told_field_by_field() -> None:
    before = {"capacity": "1Gi", "config": {"hz": "10", "maxclients": "5"}, "replicas": 1, "limits": {"a": [1]}}
    after = {"capacity": "2Gi", "config": {"hz": "10"}, "replicas": 1, "limits": {"a": [1, 2]}, "ingress": {"host": "h"}}
    assert [str(each) for each in differences(before, after)] == [
        "spec.capacity: 1Gi -> 2Gi",
        "spec.config.maxclients: 5 -> (none)",
        "spec.ingress.host: (none) -> h",
        "spec.limits.a: [1] -> [1, 2]",
    ]
