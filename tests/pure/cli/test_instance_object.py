"""What the dashboard says of an instance of local mode."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from kuberedis_cli.local.instance_object import NAMESPACE, instance_object
from kuberedis_cli.local.status import InstanceState, MemberStatus, Status
from kuberedis_core.crd.spec import read_spec
from kuberedis_dashboard.views.instance_page import Found, InstancePage, instance_page

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MEMBERS = (
    MemberStatus("cache-0", "syncing", 1, 1),
    MemberStatus("cache-1", "primary", 1, 1),
    MemberStatus("cache-2", "down", None, None),
)


def page(state: InstanceState, problems: tuple[str, ...] = (), members: tuple[MemberStatus, ...] = ()) -> InstancePage:
    spec = read_spec({"capacity": "1Gi", "replicas": len(members) or 1})
    status = Status("cache", "http://127.0.0.1:8080/instances/cache", state, 1, 1, spec.maxmemory, members)
    return instance_page(instance_object(spec, status, problems, None, ()), Found(), Found(), Found(), NOW)


@pytest.mark.parametrize(
    ("state", "problems", "word", "message"),
    [
        ("ready", (), "Ready", ""),
        ("starting", (), "Starting", "its Redis starts"),
        ("down", (), "Not ready", "its Redis has ended, or does not start; `kuberedis local` says why, and tries again"),
        ("no primary", (), "Not ready", "none of its members is the primary"),
        ("ready", ("the server refuses a", "the server refuses b"), "Degraded", "the server refuses a; the server refuses b"),
    ],
)
def test_how_an_instance_is(state: InstanceState, problems: tuple[str, ...], word: str, message: str) -> None:
    found = page(state, problems)
    assert (found.namespace, found.state.word, found.state.message, found.state.since_time) == (NAMESPACE, word, message, "")


def test_roles_of_members() -> None:
    members = page("ready", members=MEMBERS).members
    assert [(member.role, member.in_sync) for member in members] == [("replica", False), ("primary", True), ("unknown", False)]


def test_nobody_pays_for_the_dashboard_without_it() -> None:
    code = "import sys, kuberedis_cli.local.local_mode; print({'aiohttp', 'jinja2', 'kuberedis_dashboard'} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
