"""Scripts that are sent by several workers to one Redis, which executes one at a time."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.tokens import mint_token
from tests.harness.waiting import wait_until
from tests.harness.workers import Client, clients_of_all

pytestmark = [pytest.mark.slow, pytest.mark.serial]

FOR_EVER = "while true do end"
# By its clock of processor time, the only one that goes on.
MOST_OF_FOUR_SECONDS = "local ends = os.clock() + 2.5 while os.clock() < ends do end return 'done'"


Start = Callable[..., Sidecar]


@pytest.fixture
def start(redis_server: RedisServer, start_sidecar: Start) -> Start:
    """Starts a sidecar with two workers, by which nobody is suspended yet, and with a limit in seconds for a script."""
    return lambda limit: start_sidecar(redis_server, KUBEREDIS_WORKERS="2", KUBEREDIS_SCRIPT_TIMEOUT_SECONDS=str(limit))


def run(client: Client, script: str, token: str) -> tuple[int, str]:
    return client.send(f"/eval_ro/{quote(script, safe='')}/0", token)


def is_busy(database: redis.Redis) -> bool:
    """Whether Redis executes a script, and so answers nobody, or only that it is busy."""
    try:
        database.ping()
    except (redis.TimeoutError, redis.ResponseError):
        return True
    return False


@pytest.fixture
def impatient(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """A client that does not wait for a script to end."""
    no_retry = Retry(NoBackoff(), 0)
    with redis.Redis(port=redis_server.port, password=redis_server.password, socket_timeout=0.1, retry=no_retry) as database:
        yield database


def test_script_that_waited_for_that_of_another_worker_has_all_of_its_time(start: Start, impatient: redis.Redis) -> None:
    sidecar = start(4)
    tokens = mint_token(sidecar, scope="read"), mint_token(sidecar, scope="write")
    with clients_of_all(sidecar, 1) as clients, ThreadPoolExecutor() as pool:
        [[first], [second]] = clients.values()
        # Their connections to Redis are open then.
        assert [run(client, "return 1", token)[0] for client, token in zip((first, second), tokens, strict=True)] == [200, 200]
        before = pool.submit(run, first, MOST_OF_FOUR_SECONDS, tokens[0])
        wait_until(lambda: is_busy(impatient), what="a script that runs")
        waited = run(second, MOST_OF_FOUR_SECONDS, tokens[1])
        assert [before.result(), waited] == [(200, '{"result":"done"}')] * 2
        assert run(second, "return 1", tokens[1])[0] == 200


def test_token_whose_script_was_stopped_runs_none_by_any_worker(start: Start) -> None:
    sidecar = start(0.5)
    guilty = mint_token(sidecar, scope="read")
    with clients_of_all(sidecar, 1) as clients:
        [[first], [second]] = clients.values()
        assert "ran longer" in run(first, FOR_EVER, guilty)[1]
        assert [run(client, "return 1", guilty)[0] for client in (first, second)] == [429, 429]
        assert run(second, "return 1", sidecar.api_key) == (200, '{"result":1}')
