"""The page of an instance: its members, pods, volumes, events and facts, whatever the objects hold."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from kuberedis_core.member_report import MemberReport
from kuberedis_core.timestamps import format_time
from kuberedis_dashboard.views.event import event_views, last_takeover
from kuberedis_dashboard.views.instance_page import Found, InstancePage, instance_page, refused_settings
from kuberedis_dashboard.views.manifests import as_it_is
from kuberedis_dashboard.views.member import in_sync_now, member_now, takeovers_seen
from kuberedis_dashboard.views.pod import pod_view
from kuberedis_dashboard.views.slow_log import slow_commands
from kuberedis_dashboard.views.volume import volume_view

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202egnp\n" + "x" * 5000
NOTHING: Found[Any] = Found()


def ago(**time: int) -> str:
    return format_time(NOW - timedelta(**time))


def instance(replicas: int = 1, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "cache", "namespace": "team", "creationTimestamp": ago(days=3), "managedFields": [{}]},
        "spec": {"capacity": "1Gi", "replicas": replicas, "evictionPolicy": "noeviction", "persistence": "aof"},
        "status": {"version": "8", "url": "https://r.example/instances/cache", **status},
    }


def pod(name: str = "cache-0", ready: bool = True, **status: Any) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {
        "metadata": {"name": name},
        "spec": {"nodeName": "node-1"},
        "status": {"phase": "Running", "startTime": ago(hours=2), "conditions": conditions, **status},
    }


def event(about: str, kind: str, reason: str, at: str, **fields: Any) -> dict[str, Any]:
    return {"involvedObject": {"kind": kind, "name": about}, "reason": reason, "type": "Normal", "lastTimestamp": at, **fields}


def page(body: dict[str, Any], pods: Found[Any] = NOTHING, claims: Found[Any] = NOTHING, events: Found[Any] = NOTHING) -> InstancePage:
    return instance_page(body, pods, claims, events, NOW)


def test_each_member_has_its_pod_and_its_volume() -> None:
    members = [
        {"name": "cache-0", "role": "replica", "inSync": True, "lagBytes": 0},
        {"name": "cache-1", "role": "primary", "inSync": True},
        {"name": "cache-2", "role": "unknown", "inSync": False, "lagBytes": 4 * 2**20},
    ]
    claim = {"metadata": {"name": "data-cache-1"}, "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}}
    found = page(instance(3, members=members, primary="cache-1"), Found((pod("cache-1"),)), Found((claim,)))
    assert [(each.name, each.role, each.in_sync, each.lag) for each in found.members] == [
        ("cache-0", "replica", True, "below 1Mi"),
        ("cache-1", "primary", True, "–"),
        ("cache-2", "unknown", False, "about 4Mi"),
    ]
    assert [each.pod is not None for each in found.members] == [each.volume is not None for each in found.members] == [False, True, False]
    assert found.logs[0].line == "kubectl -n team logs cache-1 -c sidecar --tail=200 -f"
    assert found.has_several


@pytest.mark.parametrize("body", [{"metadata": {"name": "cache", "namespace": "team"}}, instance(7, members=None, conditions=None)])
def test_an_instance_of_which_little_is_known_has_a_page(body: dict[str, Any]) -> None:
    found = page(body, Found(problem="pods is forbidden"))
    assert [each.name for each in found.members] == ["cache-0"]
    assert (found.pods_problem, found.members[0].pod, found.conditions) == ("pods is forbidden", None, ())
    assert found.logs[0].line.startswith("kubectl -n team logs cache-0 ")


def test_facts_say_how_long_secrets_are_valid() -> None:
    rotation = {"rotatedAt": ago(minutes=10), "previousKeyExpiresAt": ago(minutes=-50)}
    found = {fact.name: fact.value for fact in page(instance(keyRotation=rotation, tls={"notAfter": ago(days=1)})).facts}
    assert found.items() >= {"Key rotated": "10 min", "Previous key": "valid for 50 min", "Certificate": "expired"}.items()
    assert (found["Created"], found["Version"]) == ("3 d", "8")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"state": {"running": {}}, "ready": True}, "running"),
        ({"state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}}, "waiting: CrashLoopBackOff: back-off"),
        ({"state": {"terminated": {"reason": "Error", "exitCode": 3}}}, "ended: Error, exit code 3"),
        ({}, "waiting"),
    ],
)
def test_a_container_says_what_it_does(status: dict[str, Any], state: str) -> None:
    ended = {"terminated": {"reason": "OOMKilled", "finishedAt": ago(minutes=5)}}
    view = pod_view(pod(containerStatuses=[{"name": "redis", "restartCount": 2, "lastState": ended, **status}]), NOW)
    [container] = view.containers
    assert (container.state, container.last_end, view.restarts, view.age) == (state, "OOMKilled, 5 min ago", 2, "2 h")


def test_a_pod_on_no_node_says_why() -> None:
    unscheduled = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}
    view = pod_view({"metadata": {"name": "cache-0"}, "status": {"phase": "Pending", "conditions": [unscheduled]}}, NOW)
    assert (view.phase, view.is_ready, view.problem, view.node) == ("Pending", False, "0/3 nodes are available", "")
    assert pod_view({"metadata": {"name": "x", "deletionTimestamp": ago(seconds=1)}}, NOW).phase == "Terminating"


@pytest.mark.parametrize(
    ("claim", "note"),
    [
        (
            {"status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}, "spec": {"resources": {"requests": {"storage": "2Gi"}}}},
            "it grows to 2Gi",
        ),
        ({"status": {"phase": "Lost"}}, "the volume behind it is gone"),
        ({"status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}}, ""),
        ({}, ""),
    ],
)
def test_a_volume_says_what_is_under_way(claim: dict[str, Any], note: str) -> None:
    assert volume_view({"metadata": {"name": "data-cache-0"}, **claim}).note == note
    leaving = {"metadata": {"name": "data-cache-0", "deletionTimestamp": ago(seconds=1)}, **claim}
    assert volume_view(leaving).note.startswith("it is being deleted")


def test_events_are_the_instances_own_and_the_newest_comes_first() -> None:
    events = [
        event("cache", "RedisHttpInstance", "Created", ago(minutes=50)),
        event("cache", "Deployment", "Foreign", ago(minutes=1)),
        event("cache-0", "Pod", "Pulled", ago(minutes=9), type="Warning", series={"count": 7, "lastObservedTime": ago(minutes=2)}),
        event("cache", "RedisHttpInstance", "FailedOver", ago(minutes=5), message="cache-0 failed"),
        event("cache", "RedisHttpInstance", "SwitchedOver", ago(minutes=8)),
        {"involvedObject": {}},
    ]
    found = event_views(events, "cache", NOW)
    assert [(each.reason, each.age, each.count, each.is_warning) for each in found] == [
        ("Pulled", "2 min", 7, True),
        ("FailedOver", "5 min", 1, False),
        ("SwitchedOver", "8 min", 1, False),
        ("Created", "50 min", 1, False),
        ("", "–", 1, False),
    ]
    takeover = last_takeover(found)
    assert takeover is not None
    assert takeover.message == "cache-0 failed"


@pytest.mark.parametrize(
    ("report", "sync", "lag"),
    [
        (MemberReport(name="c-0", role="primary", linked=True, in_sync=True), "yes", "–"),
        (MemberReport(name="c-0", role="replica", linked=True, in_sync=True, lag_bytes=1536), "yes", "1.5Ki"),
        (MemberReport(name="c-0", role="replica", linked=True), "copying", "–"),
        (MemberReport(name="c-0", role="replica"), "no link", "–"),
    ],
)
def test_a_member_says_how_far_it_is(report: MemberReport, sync: str, lag: str) -> None:
    now = member_now(report)
    assert (now.role, now.sync, now.lag) == (report.role, sync, lag)


def test_members_in_sync_are_counted_as_the_operator_and_then_as_they_themselves_say() -> None:
    facts = [{fact.name: fact.value for fact in page(instance(3, **status)).facts} for status in ({}, {"inSyncReplicas": 2})]
    assert [each["In sync"] for each in facts] == ["– of 3 members", "2 of 3 members"]
    primary = MemberReport(name="c-0", role="primary", linked=True, in_sync=True)
    cut_off = MemberReport(name="c-1", role="replica", in_sync=True)
    assert in_sync_now({0: primary, 1: cut_off}, 3) == "1 of 3 members"


def test_changes_of_the_primary_are_counted_by_who_saw_most() -> None:
    assert takeovers_seen({}) == takeovers_seen({0: MemberReport(name="c-0")}) == ""
    seen = {0: MemberReport(name="c-0", failovers=1), 1: MemberReport(name="c-1", failovers=3, last_change="switchover")}
    assert takeovers_seen(seen) == "the primary changed 3 times since the sidecar of c-1 started, the last time by a switchover"


def test_refused_settings_are_named_where_they_can_be_read() -> None:
    assert refused_settings(None, "team", "cache-0") == refused_settings(0, "team", "cache-0") == ""
    assert refused_settings(2, "team", "cache-0").startswith("Redis refuses 2 of the settings in spec.config")


def test_slow_commands_are_shown_whatever_their_arguments() -> None:
    moment = int((NOW - timedelta(minutes=1)).timestamp())
    reply = [[1, moment, 15000, [b"SET", HOSTILE.encode(), b"\xff\x00"], b"127.0.0.1:5", b"name"], ["broken"], [2, -1, 1, []], 3]
    [command] = slow_commands(reply, NOW)
    assert (command.age, command.duration, command.client) == ("1 min", "15 ms", "127.0.0.1:5 name")
    assert command.command.startswith("SET <script>alert(1)</script>\\x1b[31m\\u202egnp xxx")
    assert command.command.endswith("\\xff\\x00")
    assert command.command.isprintable()
    assert slow_commands(b"OK", NOW) == ()


def texts(value: Any) -> list[str]:
    """All texts in a view."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple | list):
        return [text for each in value for text in texts(each)]
    fields = getattr(value, "__dataclass_fields__", {})
    return [text for name in fields for text in texts(getattr(value, name))]


def test_what_others_wrote_is_printable_and_short_wherever_it_is() -> None:
    status: dict[str, Any] = {
        "containerStatuses": [{"name": "redis", "state": {"waiting": {"reason": HOSTILE, "message": HOSTILE}}}],
        "message": HOSTILE,
    }
    claim = {"metadata": {"name": "data-cache-0"}, "spec": {"storageClassName": HOSTILE}, "status": {"phase": HOSTILE}}
    condition = {"type": HOSTILE, "status": HOSTILE, "reason": HOSTILE, "message": HOSTILE, "lastTransitionTime": HOSTILE}
    hostile = instance(
        3, url=HOSTILE, version=HOSTILE, conditions=[condition], members=[{"name": "cache-0", "role": HOSTILE, "inSync": True}]
    )
    happened = event("cache-0", HOSTILE, HOSTILE, ago(minutes=1), message=HOSTILE)
    found = page(hostile, Found((pod(**status),)), Found((claim,)), Found((happened,)))
    assert sum("<script>" in text for text in texts(found)) > 8
    assert [text for text in texts(found) if not text.isprintable() or len(text) > 5200] == []


def test_yaml_can_be_applied_again_and_hides_no_letter() -> None:
    body = instance()
    body["metadata"]["annotations"] = {"note": "a\u202eb\x1b[31m"}
    text = as_it_is(body)
    assert "managedFields" not in text
    assert "\\u202E" in text
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert yaml.safe_load(text)["metadata"]["annotations"] == body["metadata"]["annotations"]
