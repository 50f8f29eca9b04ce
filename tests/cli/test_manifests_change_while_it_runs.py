"""Manifest files are watched: their changes take effect while `kuberedis local` runs."""

import time
from pathlib import Path

from kuberedis_cli.local.manifest_sources import RESCAN_MILLISECONDS
from tests.cli.command import info, redis
from tests.cli.conftest import StartLocal
from tests.cli.manifest_files import manifest, write

MIB = 2**20


def test_a_changed_capacity_changes_maxmemory_and_loses_nothing(start_local: StartLocal, tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "cache", capacity="100Mi")
    running = start_local("cache.yaml")
    client = running.ready("cache")
    redis(client, "SET", "a", "1")
    server = running.servers()
    write(tmp_path / "cache.yaml", "cache", capacity="200Mi", evictionPolicy="volatile-ttl")
    running.wait_for("changed", instance="cache", maxmemory=100 * MIB, eviction_policy="volatile-ttl")
    memory = info(client, "memory")
    assert (int(memory["maxmemory"]), memory["maxmemory_policy"]) == (100 * MIB, "volatile-ttl")
    assert redis(client, "GET", "a") == "1"
    assert running.servers() == server


def test_changes_take_effect_sooner_than_the_next_scan_of_all_files(start_local: StartLocal, tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "cache", capacity="100Mi")
    running = start_local("cache.yaml")
    running.ready("cache")
    began = time.monotonic()
    for mebibytes in (200, 300, 400, 500):
        write(tmp_path / "cache.yaml", "cache", capacity=f"{mebibytes}Mi")
        running.wait_for("changed", maxmemory=mebibytes * MIB // 2)
    assert time.monotonic() - began < 3 * RESCAN_MILLISECONDS / 1000


def test_persistence_can_be_turned_on_while_it_runs(start_local: StartLocal, tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "cache", persistence="none")
    running = start_local("cache.yaml")
    redis(running.ready("cache"), "SET", "a", "1")
    write(tmp_path / "cache.yaml", "cache", persistence="aof")
    running.wait_for("changed", persistence="aof")
    running.stop()
    assert redis(start_local("cache.yaml").ready("cache"), "GET", "a") == "1"


def test_a_file_added_to_a_folder_starts_an_instance(start_local: StartLocal, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    write(tmp_path / "folder" / "one.yaml", "one")
    running = start_local("folder")
    running.ready("one")
    write(tmp_path / "folder" / "two.yaml", "two")
    assert redis(running.ready("two"), "PING") == "PONG"


def test_a_deleted_file_ends_its_instance_and_keeps_its_data(start_local: StartLocal, tmp_path: Path) -> None:
    (tmp_path / "both.yaml").write_text(manifest("stays"))
    write(tmp_path / "cache.yaml", "cache")
    running = start_local("cache.yaml", "both.yaml")
    client = running.ready("cache")
    redis(client, "SET", "a", "1")
    (tmp_path / "cache.yaml").unlink()
    running.wait_for("removed", instance="cache")
    assert client.get("/keys/a").status_code == 404
    assert len(running.servers()) == 1
    write(tmp_path / "cache.yaml", "cache")
    assert redis(running.ready("cache"), "GET", "a") == "1"


def test_an_instance_whose_name_changes_is_another_instance(start_local: StartLocal, tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "before")
    running = start_local("cache.yaml")
    running.ready("before")
    write(tmp_path / "cache.yaml", "after")
    running.wait_for("removed", instance="before")
    assert redis(running.ready("after"), "PING") == "PONG"


def test_a_manifest_that_turns_bad_leaves_the_instance_as_it_was(start_local: StartLocal, tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "cache", capacity="100Mi")
    running = start_local("cache.yaml")
    client = running.ready("cache")
    write(tmp_path / "cache.yaml", "cache", capacity="1GB")
    message = running.wait_for("error")["message"]
    assert message == "cache.yaml: spec.capacity: '1GB' is not a Kubernetes quantity; write 1Gi"
    assert int(info(client, "memory")["maxmemory"]) == 50 * MIB
    write(tmp_path / "cache.yaml", "cache", capacity="200Mi")
    running.wait_for("changed", maxmemory=100 * MIB)


def test_a_file_cut_to_nothing_leaves_the_instance_running(start_local: StartLocal, tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "cache")
    running = start_local("cache.yaml")
    client = running.ready("cache")
    (tmp_path / "cache.yaml").write_text("")
    assert running.wait_for("error")["message"] == "cache.yaml: no RedisHttpInstance in this file"
    assert redis(client, "PING") == "PONG"


def test_a_second_file_with_a_running_instances_name_changes_nothing(start_local: StartLocal, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    write(tmp_path / "folder" / "b.yaml", "cache", capacity="100Mi")
    running = start_local("folder")
    client = running.ready("cache")
    write(tmp_path / "folder" / "a.yaml", "cache", capacity="800Mi")
    message = running.wait_for("error")["message"]
    assert message == "instance cache is defined twice: in folder/b.yaml and in folder/a.yaml; rename or remove one"
    assert int(info(client, "memory")["maxmemory"]) == 50 * MIB
    (tmp_path / "folder" / "b.yaml").unlink()
    running.wait_for("changed", maxmemory=400 * MIB)


def test_a_problem_is_reported_once_while_it_lasts(start_local: StartLocal, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    write(tmp_path / "folder" / "one.yaml", "one")
    running = start_local("folder")
    running.ready("one")
    (tmp_path / "folder" / "bad.yaml").write_text("kind: [")
    running.wait_for("error")
    for name in ("two", "three"):
        write(tmp_path / "folder" / f"{name}.yaml", name)
        running.ready(name)
    assert len([event for event in running.events if event["event"] == "error"]) == 1


def test_a_folder_that_is_replaced_is_still_followed(start_local: StartLocal, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    write(folder / "one.yaml", "one")
    running = start_local("folder")
    running.ready("one")
    folder.rename(tmp_path / "old")
    running.wait_for("removed", instance="one")
    folder.mkdir()
    for name in ("two", "three"):
        write(folder / f"{name}.yaml", name)
        running.ready(name)
    assert len(running.servers()) == 2
