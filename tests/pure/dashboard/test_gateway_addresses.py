"""Where sidecars and Prometheus are asked: of names that were checked, and of nothing else."""

import pytest

from kuberedis_core.crd.names import NamespacedName
from kuberedis_dashboard.errors import NotFound
from kuberedis_dashboard.gateway import forwarded, promql, service
from kuberedis_dashboard.gateway.gateways import Call, check

CACHE = NamespacedName("team-a", "my-cache")
HOSTILE = (
    "",
    "-",
    "A",
    "a.b",
    "a/b",
    "a@b",
    "a:80",
    'a"}',
    "a\n",
    "a\u202e",
    "..",
    "127.0.0.1",
    "a" * 64,
    "a%2eb",
    "ａ",
)


def test_addresses_are_derived_from_the_names() -> None:
    assert service.origin(CACHE, None) == "http://my-cache-http.team-a.svc:80"
    assert service.origin(CACHE, 2) == "http://my-cache-2.my-cache-headless.team-a.svc:8080"
    assert forwarded.target(CACHE, None) == ("team-a", "service/my-cache-http", 80)
    assert forwarded.target(CACHE, 1) == ("team-a", "pod/my-cache-1", 8080)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_address_and_no_expression_is_made_of_another_text(text: str) -> None:
    for name in (NamespacedName(text, "cache"), NamespacedName("team", text)):
        with pytest.raises(NotFound):
            check(name, Call("/recent"), None)
        with pytest.raises(ValueError, match=r"is not|has"):
            promql.expressions(name, 60)


@pytest.mark.parametrize("path", ["", "recent", "/a b", "/a\r\nHost: b", "/é"])
def test_what_is_no_target_is_not_sent(path: str) -> None:
    with pytest.raises(ValueError, match="is not the target of a request"):
        check(CACHE, Call(path), None)


@pytest.mark.parametrize("member", [-1, 3])
def test_there_are_three_members_at_most(member: int) -> None:
    with pytest.raises(NotFound):
        check(CACHE, Call("/recent"), member)


def test_an_expression_asks_about_one_instance() -> None:
    found = promql.expressions(CACHE, 60)
    assert found["memory_used_bytes"] == 'max(kuberedis_redis_memory_used_bytes{namespace="team-a",name="my-cache"})'
    assert all('{namespace="team-a",name="my-cache"}' in expression for expression in found.values())
    assert "[1800s]" in promql.expressions(CACHE, 1800)["hit_ratio"]
