"""The commands of `kuberedis` for an instance of three members."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.command import kuberedis
from tests.cluster.ha.instance import INGRESS, HaInstance
from tests.cluster.ha.writers import Outcome
from tests.harness.waiting import wait_until


def answer(cache: HaInstance, cwd: Path, command: str, *arguments: str) -> Any:
    """The JSON that a command in the instance's namespace prints."""
    done = kuberedis(command, *arguments, "--namespace", cache.kubectl.name, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, ""), done
    return json.loads(done.stdout)


def refusal(cache: HaInstance, cwd: Path, command: str, *arguments: str) -> str:
    """The one line of standard error of a command on the instance that failed."""
    done = kuberedis(command, *arguments, "--namespace", cache.kubectl.name, cwd=cwd)
    assert (done.returncode, done.stdout) == (1, ""), done
    [line] = done.stderr.splitlines()
    return line.removeprefix("kuberedis: ")


def row_of(cache: HaInstance, cwd: Path) -> dict[str, Any]:
    """The instance in `kuberedis list`."""
    rows: list[dict[str, Any]] = answer(cache, cwd, "list")
    return next(row for row in rows if row["name"] == cache.name)


@pytest.fixture
def user_without_exec(cache: HaInstance, tmp_path: Path) -> Path:
    """The kubeconfig of a user who may read the instance and no more."""
    cache.kubectl("create", "serviceaccount", "reader")
    cache.kubectl("create", "role", "reader", "--verb=get,list", "--resource=redishttpinstances.cache.yourcompany.com")
    cache.kubectl("create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={cache.kubectl.name}:reader")
    config = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())
    config["users"] = [{**user, "user": {"token": cache.kubectl("create", "token", "reader").strip()}} for user in config["users"]]
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(config))
    return file


@pytest.mark.parametrize("wanted", [False, True], ids=["any", "wanted"])
def test_switchover_costs_no_request(cache: HaInstance, tmp_path: Path, wanted: bool) -> None:
    primary = cache.wait_until_settled()
    to = cache.replicas()[-1]
    targets = [*cache.names, INGRESS]
    with cache.writers(*targets) as record:
        said = answer(cache, tmp_path, "switchover", cache.name, *(["--to", to] if wanted else []))
        record.wait_for_acknowledgements(*targets)
    successor = cache.wait_until_settled()
    assert (said["previous_primary"], said["primary"]) == (primary, successor)
    assert successor == to if wanted else successor != primary
    assert said["seconds"] < 1
    assert [write for write in record.writes if write.outcome is not Outcome.ACKNOWLEDGED] == []


def test_status_and_list_show_the_members(cache: HaInstance, tmp_path: Path) -> None:
    primary = cache.wait_until_settled()
    report = answer(cache, tmp_path, "status", cache.name)
    assert (report["primary"], report["notes"]) == (primary, [])
    assert {(member["name"], member["role"]) for member in report["members"]} == {
        (name, "primary" if name == primary else "replica") for name in cache.names
    }
    assert all(member["linked"] and member["in_sync"] for member in report["members"])
    assert [pod["name"] for pod in report["pods"]] == cache.names
    assert report["figures"]["connected_clients"] > 0
    # The operator hears of another primary within ten seconds.
    wait_until(lambda: row_of(cache, tmp_path)["primary"] == primary, limit_seconds=30, what="the primary in the list")
    row = row_of(cache, tmp_path)
    assert (row["replicas"], row["in_sync"]) == (3, 3)


def test_who_may_not_run_commands_in_a_pod_may_not_switch_over(cache: HaInstance, tmp_path: Path, user_without_exec: Path) -> None:
    primary = cache.wait_until_settled()
    message = refusal(cache, tmp_path, "switchover", cache.name, "--kubeconfig", str(user_without_exec))
    assert message == f"cannot run a command in pod {primary}: that needs the permissions `get` and `create` on pods/exec"
    assert cache.primary() == primary


def test_member_that_cannot_be_promoted_is_refused(cache: HaInstance, tmp_path: Path) -> None:
    primary = cache.wait_until_settled()
    assert f"{primary} is the primary already" in refusal(cache, tmp_path, "switchover", cache.name, "--to", primary)
    assert "is no member" in refusal(cache, tmp_path, "switchover", cache.name, "--to", "cache-3")
