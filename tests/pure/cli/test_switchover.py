"""`kuberedis switchover`: which members it asks, and how it ends. The commands in the pods are replaced."""

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest

from kuberedis_cli.cluster import member_commands, switchover
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.instances import Instances
from kuberedis_cli.errors import ClusterError
from kuberedis_cli.output.choice import Output
from kuberedis_cli.output.console import Progress
from kuberedis_core.member_control import ControlReply

DONE = ControlReply(True, "cache-1 is the primary", primary="cache-1", seconds=0.2)
PREFERRED = ControlReply(True, "the Sentinels prefer cache-2")


class Members:
    """The members of the instance `cache`, whose replies to commands are given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, status: Mapping[str, Any], *replies: ControlReply, members: int = 3) -> None:
        self.commands: list[tuple[str, ...]] = []
        self._replies = iter(replies)
        body = {"metadata": {"name": "cache", "namespace": "team"}, "spec": {"replicas": members}, "status": status}
        monkeypatch.setattr(member_commands, "run", self._run)
        monkeypatch.setattr(Instances, "get", lambda _self, _name: body)

    def _run(self, _cluster: Cluster, *command: str) -> ControlReply:
        self.commands.append(command)
        return next(self._replies)

    def switch_over(self, to: str | None = None) -> None:
        """Run the command."""
        switchover.switchover(Cluster(cast(Any, None), "team"), "cache", to, Progress(Output.JSON))


def test_primary_is_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    members = Members(monkeypatch, {"primary": "cache-0"}, DONE)
    members.switch_over()
    assert members.commands == [("cache-0", "switchover")]
    assert json.loads(capsys.readouterr().out) == {
        "event": "switched-over",
        "instance": "cache",
        "namespace": "team",
        "previous_primary": "cache-0",
        "primary": "cache-1",
        "seconds": 0.2,
    }


def test_wanted_member_has_itself_preferred_first(monkeypatch: pytest.MonkeyPatch) -> None:
    members = Members(monkeypatch, {"primary": "cache-0"}, PREFERRED, DONE)
    members.switch_over("cache-2")
    assert members.commands == [("cache-2", "prefer"), ("cache-0", "switchover", "--to", "cache-2")]


def test_member_that_became_the_primary_a_moment_ago_is_asked_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = ControlReply(False, "cache-0 is not the primary", "not-primary", primary="cache-2")
    members = Members(monkeypatch, {"primary": "cache-0"}, moved, DONE)
    members.switch_over()
    assert members.commands == [("cache-0", "switchover"), ("cache-2", "switchover")]


@pytest.mark.parametrize("primary", [None, "cache-0", "somebody-else-0"])
def test_member_that_knows_no_other_primary_ends_it(primary: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    members = Members(monkeypatch, {"primary": "cache-0"}, ControlReply(False, "cache-0 is not the primary", "not-primary", primary))
    with pytest.raises(ClusterError, match="cache-0 is not the primary"):
        members.switch_over()
    assert len(members.commands) <= 2


@pytest.mark.parametrize(
    ("status", "count", "to", "message"),
    [
        ({}, 1, None, "cache has one member, so that there is none to take its place; set spec.replicas to 3"),
        ({"primary": "cache-0"}, 3, "cache-3", "cache-3 is no member of cache; its members are cache-0, cache-1, cache-2"),
        ({}, 3, None, "it is not known which member of cache is the primary"),
    ],
)
def test_nobody_is_asked_when_it_cannot_be_done(
    status: dict[str, str], count: int, to: str | None, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = Members(monkeypatch, status, members=count)
    with pytest.raises(ClusterError, match=message):
        members.switch_over(to)
    assert members.commands == []


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("no-quorum", "; `kuberedis status cache` shows which member is down"),
        ("not-in-sync", "; try again when `kuberedis status cache` shows it in sync"),
        ("something-new", ""),
    ],
)
def test_refusal_is_one_line_with_what_to_do(reason: str, advice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    members = Members(monkeypatch, {"primary": "cache-0"}, ControlReply(False, "it is\n\x1b[31mnot done", reason))
    with pytest.raises(ClusterError) as refused:
        members.switch_over()
    assert refused.value.problems == (f"it is \\x1b[31mnot done{advice}",)
