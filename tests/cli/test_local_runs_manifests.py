"""`kuberedis local` runs what manifests describe."""

from pathlib import Path

import httpx

from kuberedis_core.recent import RECENT_PATH, load
from tests.cli.command import info, redis
from tests.cli.conftest import StartLocal
from tests.cli.manifest_files import manifest, write

MIB = 2**20


def test_a_ready_instance_answers_its_first_request(start_local: StartLocal, tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "cache")
    ready = start_local("cache.yaml").wait_for("ready", instance="cache")
    headers = {"Authorization": f"Bearer {ready['api_key']}"}
    stored = httpx.post(f"{ready['url']}/keys/a", json={"value": "1"}, headers=headers)
    assert (stored.status_code, stored.json()) == (200, {"status": "OK"})
    assert httpx.get(f"{ready['url']}/keys/a", headers=headers).json() == {"key": "a", "value": "1"}


def test_a_ready_event_has_the_members_that_scripts_read(start_local: StartLocal, tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "cache")
    ready = start_local("cache.yaml").wait_for("ready")
    assert ready.keys() == {"event", "instance", "url", "api_key", "key_file"}
    assert Path(ready["key_file"]).read_text().strip() == ready["api_key"]
    assert ready["url"].startswith("http://127.0.0.1:")
    assert ready["url"].endswith("/instances/cache")


def test_without_a_manifest_one_instance_named_local_runs(start_local: StartLocal) -> None:
    assert redis(start_local().ready("local"), "PING") == "PONG"


def test_files_and_folders_and_many_documents_share_one_port(start_local: StartLocal, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    write(tmp_path / "folder" / "one.yaml", "one")
    write(tmp_path / "folder" / "two.yml", "two")
    (tmp_path / "folder" / "notes.txt").write_text("not a manifest")
    (tmp_path / "many.yaml").write_text(f"{manifest('three')}---\n{manifest('four')}")
    running = start_local("folder", "many.yaml")
    clients = [running.ready(name) for name in ("one", "two", "three", "four")]
    assert [redis(client, "PING") for client in clients] == ["PONG"] * 4
    assert len({client.base_url.port for client in clients}) == 1


def test_instances_share_neither_data_nor_keys(start_local: StartLocal, tmp_path: Path) -> None:
    (tmp_path / "both.yaml").write_text(f"{manifest('one')}---\n{manifest('two')}")
    running = start_local("both.yaml")
    first, second = running.wait_for("ready"), running.wait_for("ready")
    assert first["api_key"] != second["api_key"]
    stranger = {"Authorization": f"Bearer {second['api_key']}"}
    assert httpx.get(f"{first['url']}/keys/a", headers=stranger).status_code == 401


def test_the_last_hour_is_served_for_each_instance(start_local: StartLocal, tmp_path: Path) -> None:
    (tmp_path / "both.yaml").write_text(f"{manifest('one')}---\n{manifest('two')}")
    page = start_local("both.yaml").ready("two").base_url.join(RECENT_PATH)
    assert [load(httpx.get(page, params={"name": name}).content).name for name in ("one", "two")] == ["one", "two"]
    assert [httpx.get(page, params=names).status_code for names in ({}, {"name": "three"})] == [400, 404]


def test_maxmemory_is_half_of_the_capacity(start_local: StartLocal, tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "cache", capacity="100Mi")
    client = start_local("cache.yaml").ready("cache")
    memory = info(client, "memory")
    assert int(memory["maxmemory"]) == 50 * MIB
    assert memory["maxmemory_policy"] == "noeviction"


def test_a_manifest_decides_memory_and_eviction_and_persistence(start_local: StartLocal, tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "cache", maxmemory="64Mi", evictionPolicy="allkeys-lru", persistence="none")
    client = start_local("cache.yaml").ready("cache")
    memory = info(client, "memory")
    assert int(memory["maxmemory"]) == 64 * MIB
    assert memory["maxmemory_policy"] == "allkeys-lru"
    assert info(client, "persistence")["aof_enabled"] == "0"


def test_what_has_an_effect_in_a_cluster_only_is_noted_on_one_line(start_local: StartLocal, tmp_path: Path) -> None:
    deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    (tmp_path / "all.yaml").write_text(
        f"{deployment}---\n{manifest('cache', storageClassName='fast', version='8', ingress={'host': 'a.example.com'})}"
    )
    running = start_local("all.yaml")
    running.ready("cache")
    notes = [event["message"] for event in running.events if event["event"] == "note"]
    assert notes == [
        "all.yaml: skipped a Deployment; only a RedisHttpInstance runs here",
        "all.yaml: ingress, storageClassName, version have no effect here",
    ]


def test_limits_of_the_gateway_come_from_the_environment(start_local: StartLocal) -> None:
    client = start_local(env={"KUBEREDIS_MAX_BODY_BYTES": "2048", "KUBEREDIS_BASE_PATH": "/elsewhere"}).ready("local")
    assert client.post("/keys/big", json={"value": "x" * 4096}).status_code == 413
