"""Settings of Redis: which a spec can have, which change only by a start, and how they are written into redis.conf."""

from typing import Any

import pytest

from kuberedis_core.crd.redis_config import PERSISTENCE, live_settings, redis_conf, start_only_settings
from kuberedis_core.crd.redis_options import START_ONLY, refusal
from kuberedis_core.crd.spec import InstanceSpec, read_spec


def spec(**fields: Any) -> InstanceSpec:
    return read_spec({"capacity": "1Gi", **fields})


@pytest.mark.parametrize("name", ["hz", "appendfsync", "client-output-buffer-limit", "x.y_z", "maxmemory-samples", "savepoint"])
def test_other_settings_can_be_set(name: str) -> None:
    assert refusal(name) is None


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("maxmemory", "write spec.maxmemory"),
        ("maxmemory-policy", "write spec.evictionPolicy"),
        ("save", "write spec.persistence"),
        ("tls-port", "the sidecar alone talks to Redis"),
        ("cluster-enabled", "the members of an instance are no cluster"),
        ("min-replicas-to-write", "write that"),
        ("min-slaves-max-lag", "as spec.replicas says"),
        ("replica-priority", "as spec.replicas says"),
        ("slave-read-only", "as spec.replicas says"),
        ("repl-backlog-size", "as spec.replicas says"),
        ("HZ", "write one as in redis.conf"),
        ("", "write one as in redis.conf"),
        ("hz 10\nport", "write one as in redis.conf"),
        ("a" * 129, "write one as in redis.conf"),
    ],
)
def test_settings_that_are_owned_are_refused_with_the_reason(name: str, advice: str) -> None:
    assert advice in (refusal(name) or "")


def test_no_setting_that_is_owned_is_one_of_those_that_a_start_applies() -> None:
    assert [name for name in START_ONLY if refusal(name)] == []


def test_every_setting_of_config_is_in_exactly_one_group() -> None:
    found = spec(config={"hz": "20", "tcp-backlog": "300"})
    assert start_only_settings(found) == {"databases": "1", "tcp-backlog": "300"}
    assert live_settings(found)["hz"] == "20"
    assert not start_only_settings(found).keys() & live_settings(found).keys()


@pytest.mark.parametrize("persistence", PERSISTENCE)
def test_live_settings_follow_from_the_spec(persistence: str) -> None:
    found = live_settings(spec(maxmemory="64Mi", evictionPolicy="allkeys-lru", persistence=persistence))
    assert found["maxmemory"] == str(64 * 2**20)
    assert found["maxmemory-policy"] == "allkeys-lru"
    assert found["appendonly"] == ("yes" if persistence == "aof" else "no")
    assert bool(found["save"]) == (persistence == "rdb")


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("10", 'hz "10"\n'),
        ("", 'hz ""\n'),
        ("a b", 'hz "a b"\n'),
        ('a "b" \\', 'hz "a \\"b\\" \\\\"\n'),
        ("10\nport 7000", 'hz "10\\x0aport 7000"\n'),
        ("\x7f\u00e9", 'hz "\\x7f\u00e9"\n'),
    ],
)
def test_a_value_is_one_argument_of_redis_conf(value: str, line: str) -> None:
    assert redis_conf({"hz": value}) == line
