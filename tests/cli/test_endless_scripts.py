"""A script that does not end costs an instance of `kuberedis local` a restart at most."""

import pytest

from tests.cli.command import client_of, eventually, redis
from tests.cli.conftest import StartLocal

LIMIT = {"KUBEREDIS_SCRIPT_TIMEOUT_SECONDS": "0.5"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "how"),
    [
        ("redis.call('SET', 'half', 'written') while true do end", "exit code 0"),
        ("return string.find(string.rep('a', 400), string.rep('.-', 12) .. 'b')", "SIGKILL"),
    ],
    ids=["written", "pattern"],
)
def test_instance_serves_again_after_an_endless_script(start_local: StartLocal, script: str, how: str) -> None:
    running = start_local(env=LIMIT)
    ready = running.wait_for("ready")
    with client_of(ready) as client:
        assert redis(client, "SET", "a", "1") == "OK"
        assert client.post("/", json=["EVAL", script, "0"], timeout=20).status_code == 503
        assert how in running.wait_for("down")["message"]
        running.wait_for("recovered")
        eventually(lambda: client.get("/get/a").status_code == 200)
        assert (redis(client, "GET", "a"), redis(client, "GET", "half")) == ("1", None)
