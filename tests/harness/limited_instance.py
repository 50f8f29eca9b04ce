"""An instance as the operator renders it, on this machine: its sidecar and its Redis, each within the memory limit of its container."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from kuberedis_core.crd.spec import Instance
from kuberedis_core.quantities import parse_bytes
from kuberedis_operator.resources.paths import DATA_DIR
from kuberedis_operator.resources.redis_conf import live_json, redis_conf
from tests.harness.memory_limit import MemoryLimit
from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar, launch, make_auth_dir, sidecar_environ
from tests.operator.rendering import container


@dataclass(frozen=True)
class LimitedInstance:
    """A running instance, the limits of its two containers, and a file about its event loop; see `watched_sidecar`."""

    sidecar: Sidecar
    sidecar_memory: MemoryLimit
    sidecar_turns: Path
    redis: RedisServer
    redis_memory: MemoryLimit


@contextmanager
def limited_instance(instance: Instance, binary: Path, folder: Path) -> Iterator[LimitedInstance]:
    """Run an instance.

    Args:
        instance: What to render.
        binary: Program of its Redis.
        folder: Empty folder for its data, key and settings.
    """
    with ExitStack() as ends:
        limits = {name: MemoryLimit(_memory(name, instance)) for name in ("redis", "sidecar")}
        for limit in limits.values():
            ends.callback(limit.remove)
        # Redis enters the folder when it reads of it, so a later line cannot replace this one.
        conf = redis_conf(instance.spec).replace(f'dir "{DATA_DIR}"\n', "")
        redis = RedisServer(binary, folder, settings=conf, prefix=limits["redis"].prefix)
        redis.start()
        ends.callback(redis.stop)
        auth, settings = folder / "auth", folder / "live.json"
        auth.mkdir()
        settings.write_text(live_json(instance.spec))
        variables = {variable["name"]: variable["value"] for variable in container("sidecar", instance)["env"]}
        here = {**sidecar_environ(redis, make_auth_dir(auth), {}), "KUBEREDIS_REDIS_SETTINGS_FILE": str(settings)}
        turns = folder / "turns"
        watched = ("tests.harness.watched_sidecar", str(turns))
        sidecar = launch({**variables, **here, "KUBEREDIS_INSTANCE": instance.name}, limits["sidecar"].prefix, watched)
        ends.callback(sidecar.end)
        sidecar.wait_until_ready()
        yield LimitedInstance(sidecar, limits["sidecar"], turns, redis, limits["redis"])


def _memory(name: str, instance: Instance) -> int:
    return parse_bytes(container(name, instance)["resources"]["limits"]["memory"])
