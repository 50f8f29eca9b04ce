"""redis.conf and the live settings, as a real server reads them."""

import json
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from kuberedis_core.crd.redis_config import live_settings
from kuberedis_core.crd.redis_options import START_ONLY, refusal
from kuberedis_core.crd.spec import InstanceSpec
from kuberedis_operator.resources.redis_conf import live_json, redis_conf, start_only
from tests.harness.ports import free_port
from tests.harness.redis_server import RedisServer
from tests.harness.waiting import wait_until
from tests.operator.rendering import instance

pytestmark = pytest.mark.every_server

# Every character that could end a line, a word, a quotation or a comment, and a setting that must not take effect.
HOSTILE = "".join(map(chr, range(1, 128))) + 'é🔑" \' \\ \\x0a $(id) `id`\nmaxclients 7\r\nmaxclients "8"\n# '


@pytest.fixture
def binary(redis_server: RedisServer) -> Path:
    """The server's program."""
    return redis_server.binary


@contextmanager
def started(binary: Path, spec: InstanceSpec, folder: Path) -> Iterator[redis.Redis]:
    """A server that read the redis.conf of `spec`, on another port and in another folder."""
    port = free_port()
    conf = folder / "redis.conf"
    conf.write_text(redis_conf(spec).replace('port "6379"', f"port {port}").replace('dir "/data"', f"dir {folder}"))
    process = subprocess.Popen([binary, conf], stdout=subprocess.PIPE, text=True)
    client = redis.Redis(port=port, decode_responses=True)

    def answers() -> bool:
        assert process.poll() is None, process.communicate()[0]
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False

    try:
        with client:
            wait_until(answers, what="the server")
            yield client
    finally:
        process.kill()
        process.communicate()


def settings_of(client: redis.Redis, names: Iterable[str]) -> dict[str, str]:
    return {str(name): str(value) for name, value in client.config_get(*names).items()}


@pytest.mark.parametrize("persistence", ["aof", "rdb", "none"])
def test_a_server_starts_with_what_the_spec_says(binary: Path, tmp_path: Path, persistence: str) -> None:
    spec = instance(maxmemory="64Mi", evictionPolicy="allkeys-lfu", persistence=persistence, config={"hz": "50", "tcp-backlog": "300"}).spec
    with started(binary, spec, tmp_path) as client:
        found = settings_of(client, live_settings(spec) | start_only(spec))
        assert found["maxmemory"] == str(64 * 2**20)
        assert found["maxmemory-policy"] == "allkeys-lfu"
        assert found["appendonly"] == ("yes" if persistence == "aof" else "no")
        assert found["save"] == ("3600 1 300 100 60 10000" if persistence == "rdb" else "")
        assert (found["hz"], found["tcp-backlog"]) == ("50", "300")
        assert found["bind"] == "127.0.0.1"


def test_no_value_can_add_another_setting(binary: Path, tmp_path: Path) -> None:
    # The reader of the spec refuses such a value.
    spec = replace(instance().spec, config={"ignore-warnings": HOSTILE, "syslog-ident": HOSTILE})
    assert len(redis_conf(spec).split("\n")) == len(live_settings(spec) | start_only(spec)) + 1
    with started(binary, spec, tmp_path) as client:
        assert settings_of(client, spec.config) == spec.config
        assert client.config_get("maxclients")["maxclients"] == "10000"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client-output-buffer-limit", "normal 0 0 0 slave 268435456 67108864 60 pubsub 1048576 1048576 60"),
        ("oom-score-adj-values", "0 100 200"),
        ("notify-keyspace-events", ""),
        ("proc-title-template", "{title} of mine"),
        ("shutdown-on-sigterm", "save now"),
    ],
)
def test_settings_of_several_words_or_of_none_are_taken(binary: Path, tmp_path: Path, name: str, value: str) -> None:
    spec = instance(config={name: value}).spec
    with started(binary, spec, tmp_path) as client:
        assert settings_of(client, spec.config) == spec.config
        client.config_set(name, live_settings(spec)[name])
        assert settings_of(client, spec.config) == spec.config


def test_a_running_server_takes_the_live_settings(binary: Path, tmp_path: Path) -> None:
    after = instance(maxmemory="128Mi", evictionPolicy="volatile-ttl", persistence="rdb", config={"hz": "50", "appendfsync": "always"}).spec
    with started(binary, instance().spec, tmp_path) as client:
        settings = json.loads(live_json(after))
        for name, value in settings.items():
            client.config_set(name, value)
        assert settings_of(client, settings) == settings


def test_what_a_server_cannot_change_while_it_runs_is_known(binary: Path, tmp_path: Path) -> None:
    with started(binary, instance().spec, tmp_path) as client:
        wrong = []
        for name, value in settings_of(client, ["*"]).items():
            if refusal(name) is not None:
                continue
            try:
                client.config_set(name, value)
            except redis.ResponseError:
                if name not in START_ONLY:
                    wrong.append(name)
        assert wrong == []


def test_a_setting_is_either_live_or_belongs_to_a_restart() -> None:
    spec = instance(config={"hz": "50", "tcp-backlog": "300"}).spec
    assert live_settings(spec)["hz"] == "50"
    assert start_only(spec)["tcp-backlog"] == "300"
    assert not live_settings(spec).keys() & start_only(spec).keys()


def test_no_setting_of_the_operator_can_be_overridden() -> None:
    spec = instance().spec
    defaults = {"client-output-buffer-limit", "maxmemory-clients", "proto-max-bulk-len"}
    assert {name for name in live_settings(spec) | start_only(spec) if refusal(name) is None} == defaults


@pytest.mark.parametrize(
    ("maxmemory", "config", "most", "limit"),
    [
        ("64Mi", {}, "33554432", "normal 33554432 0 0 "),
        ("1Gi", {}, "134217728", "normal 134217728 0 0 "),
        ("1Gi", {"maxmemory-clients": "10%"}, "10%", "normal 134217728 0 0 "),
        ("1Gi", {"client-output-buffer-limit": "pubsub 1 1 60"}, "134217728", "normal 134217728 0 0 pubsub 1 1 60"),
        ("1Gi", {"client-output-buffer-limit": "Normal 9 9 9"}, "134217728", "Normal 9 9 9"),
    ],
)
def test_memory_of_requests_and_answers_follows_from_that_of_data(maxmemory: str, config: dict[str, str], most: str, limit: str) -> None:
    settings = live_settings(instance(maxmemory=maxmemory, config=config).spec)
    assert settings["maxmemory-clients"] == most
    assert settings["client-output-buffer-limit"].startswith(limit)
