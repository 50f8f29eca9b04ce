"""Three members on loopback with TLS, of which one is measured: its Redis is a replica, and its sidecar sends everything to the primary."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench import contenders, tools
from bench.errors import BenchError
from tests.harness.certificates import seasoned_certificate
from tests.harness.replicated import IN_MEMORY, ReplicatedRedis

_PREFIX = "KUBEREDIS_"


@contextmanager
def sidecar_of_replica(python: str, folder: Path) -> Iterator[contenders.Sidecar]:
    """The sidecar of a member that is not the primary.

    The Redis and the Sentinel of the third member, and the sidecars of the others, are ended once all are in sync: they would be on other
    nodes, and would take a part of this machine's processors.
    """
    tls_dir = seasoned_certificate(folder / "tls")
    servers = ReplicatedRedis(Path(tools.find("redis-server")), folder, settings=IN_MEMORY, tls_dir=tls_dir)
    with ExitStack() as ends:
        ends.callback(servers.stop)
        servers.start()
        others = ends.enter_context(ExitStack())
        sidecars = {}
        for member in servers:
            place = folder / member.name
            place.mkdir()
            settings = {name.removeprefix(_PREFIX).lower(): value for name, value in member.environ().items()}
            kept = ends if member is servers.members[-1] else others
            started = contenders.sidecar(python, place, None, **settings, base_path=contenders.BASE_PATH)
            sidecars[member.name] = kept.enter_context(started)
        primary = servers.wait_until_settled()
        measured = servers.members[-1]
        if measured is primary:
            raise BenchError("the last member became the primary, which the first one should be")
        others.close()
        for member in servers:
            if member not in (primary, measured):
                member.kill()
        yield sidecars[measured.name]
