"""Two sidecars over one Redis that differ in nothing but the fast path."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.http_paths import raw_requests


@dataclass(frozen=True)
class Paths:
    """The sidecar with the fast path, the one with Sanic alone, the Redis behind both, and the folder with their key."""

    fast: Sidecar
    sanic: Sidecar
    redis: RedisServer
    auth_dir: Path

    @property
    def origins(self) -> tuple[str, str]:
        """Where the two listen, the fast one first."""
        return self.fast.origin, self.sanic.origin


@pytest.fixture(scope="module")
def paths(redis_server: RedisServer, start_sidecar: Callable[..., Sidecar], tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """The two sidecars, with the instance, key and limits that the requests name."""
    auth_dir: Path = tmp_path_factory.mktemp("auth")
    (auth_dir / "api_key").write_text(raw_requests.KEY)
    fast, sanic = (
        start_sidecar(
            redis_server,
            KUBEREDIS_FAST_PATH=fast_path,
            KUBEREDIS_INSTANCE=raw_requests.INSTANCE,
            KUBEREDIS_BASE_PATH=raw_requests.BASE_PATH,
            KUBEREDIS_AUTH_DIR=str(auth_dir),
            KUBEREDIS_MAX_BODY_BYTES=str(raw_requests.MAX_BODY_BYTES),
            KUBEREDIS_MAX_PIPELINE_COMMANDS=str(raw_requests.MAX_PIPELINE_COMMANDS),
        )
        for fast_path in ("true", "false")
    )
    return Paths(fast, sanic, redis_server, auth_dir)
