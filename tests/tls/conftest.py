"""Three members that talk to each other with TLS: real servers, Sentinels and sidecars, each with a mounted certificate of its own."""

import http.client
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kuberedis_core import member_report
from kuberedis_core.member_report import REPORT_PATH, CertificatesReport
from kuberedis_operator.certificates.issuing import KeyPair
from tests.harness.certificates import MountedSecret, make_authority, make_leaf
from tests.harness.replicated import Member, ReplicatedRedis
from tests.harness.sidecar import Sidecar, launch, make_auth_dir, sidecar_environ
from tests.harness.waiting import wait_until

REDIS_SERVER = Path(shutil.which("redis-server") or "redis-server")
"""The Valkey of the wheel knows no TLS."""


class TlsInstance:
    """An instance, what its members mount, and what restarts Sentinels that end, as a kubelet does."""

    def __init__(self, folder: Path) -> None:
        self.authority: KeyPair = make_authority()
        self.leaf: KeyPair = make_leaf(self.authority)
        (folder / "auth").mkdir()
        self._auth_dir = make_auth_dir(folder / "auth")
        self.servers = ReplicatedRedis(REDIS_SERVER, folder)
        self.secrets: dict[str, MountedSecret] = {}
        self.sidecars: dict[str, Sidecar] = {}
        self.sentinel_restarts: list[str] = []
        self._ended = threading.Event()
        self._kubelet = threading.Thread(target=self._restart_sentinels)

    def start(self) -> None:
        """Start everything, and wait until all members are ready."""
        for member in self.servers:
            member.tls_dir = member.folder / "tls"
            self.secrets[member.name] = MountedSecret(member.tls_dir)
            self.secrets[member.name].write(self.leaf, self.authority)
        self.servers.start()
        self._kubelet.start()
        for member in self.servers:
            environ = sidecar_environ(None, self._auth_dir, member.environ())
            self.sidecars[member.name] = launch(environ, module=("tests.tls.restless_sidecar",))
        self.servers.wait_until_settled()
        for sidecar in self.sidecars.values():
            sidecar.wait_until_ready()

    def end(self) -> None:
        """End everything."""
        self._ended.set()
        if self._kubelet.ident is not None:
            self._kubelet.join()
        self.servers.stop()
        for sidecar in self.sidecars.values():
            sidecar.end()

    def report(self, member: Member) -> CertificatesReport:
        """What the sidecar of a member reports of its certificates."""
        connection = http.client.HTTPConnection(self.sidecars[member.name].address, timeout=5)
        try:
            connection.request("GET", REPORT_PATH)
            report = member_report.load(connection.getresponse().read()).certificates
        finally:
            connection.close()
        assert report is not None
        return report

    def reports(self) -> dict[str, CertificatesReport]:
        """Those of all members, by name."""
        return {member.name: self.report(member) for member in self.servers}

    def mount(self, pair: KeyPair, *authorities: KeyPair) -> None:
        """Have all members mount other files."""
        for secret in self.secrets.values():
            secret.write(pair, *authorities)

    def wait_until_used(self, fingerprint: str, *trusted: str, limit_seconds: float = 30) -> None:
        """Wait until every part of every member uses a certificate, and trusts these authorities and no others."""

        def is_used() -> bool:
            wanted = (fingerprint, fingerprint, fingerprint, tuple(sorted(trusted)))
            return all((each.redis, each.sentinel, each.client, each.trusted) == wanted for each in self.reports().values())

        wait_until(is_used, limit_seconds=limit_seconds, what="the certificate in use everywhere", every_seconds=0.1)

    def full_syncs(self) -> int:
        """How often a replica had to copy all data."""
        syncs = 0
        for member in self.servers:
            with member.client() as client:
                syncs += int(client.info("stats")["sync_full"])
        return syncs

    def _restart_sentinels(self) -> None:
        while not self._ended.wait(0.05):
            for member in self.servers:
                if not member.sentinel.running:
                    self.sentinel_restarts.append(member.name)
                    member.start_sentinel()


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsInstance]:
    """An instance that the tests of a module share; each leaves it as it was, but for other certificates."""
    found = TlsInstance(tmp_path_factory.mktemp("tls"))
    try:
        found.start()
        yield found
    finally:
        found.end()
