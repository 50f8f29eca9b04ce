"""Certificates of running members are replaced: nothing is restarted but Sentinels, and no request fails."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import count

import pytest

from kuberedis_operator.certificates.issuing import KeyPair
from kuberedis_operator.certificates.reading import parse, pem
from kuberedis_operator.certificates.rollover import Step
from kuberedis_operator.instance.certificate_keeper import next_files
from kuberedis_operator.instance.certificate_source import Source
from kuberedis_operator.resources.tls_secret import TlsFiles
from tests.harness.certificates import fingerprint_of, make_authority, make_leaf
from tests.harness.replicated import Member
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until
from tests.tls.conftest import TlsInstance
from tests.tls.dialling import Dialler

pytestmark = pytest.mark.slow


class Writers:
    """Each sends requests to the sidecar of one member, one after the other."""

    def __init__(self, sidecars: list[Sidecar]) -> None:
        self._sidecars = sidecars
        self._stop = threading.Event()
        self.answers: list[int] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Write meanwhile."""
        threads = [threading.Thread(target=self._write, args=(sidecar, number)) for number, sidecar in enumerate(self._sidecars)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _write(self, sidecar: Sidecar, writer: int) -> None:
        connection = http.client.HTTPConnection(sidecar.address, timeout=10)
        headers = {"Authorization": f"Bearer {sidecar.api_key}"}
        for number in count():
            if self._stop.wait(0.005):
                break
            connection.request("POST", f"{sidecar.base_path}/set/writer-{writer}/{number}", headers=headers)
            response = connection.getresponse()
            response.read()
            self.answers.append(response.status)
        connection.close()


def pids(instance: TlsInstance) -> list[int]:
    return [member.redis.pid for member in instance.servers]


def break_replication(instance: TlsInstance) -> None:
    """Have replicas connect anew, with the certificates that are in use now."""
    primary = instance.servers.wait_until_settled()
    with primary.client() as client:
        client.execute_command("CLIENT", "KILL", "TYPE", "replica")
    instance.servers.wait_until_settled()


def test_an_authority_is_replaced_under_load(instance: TlsInstance) -> None:
    old, new = instance.authority, make_authority()
    instance.wait_until_used(fingerprint_of(instance.leaf), fingerprint_of(old))
    before, restarts = (pids(instance), instance.full_syncs()), len(instance.sentinel_restarts)
    writers, dialler = Writers(list(instance.sidecars.values())), Dialler(instance)
    with writers.running(), dialler.running():
        steps = rotate(instance, new)
    assert steps == [Step.TRUST, Step.PRESENT, Step.RETIRE]
    assert set(writers.answers) == {200}
    assert (pids(instance), instance.full_syncs()) == before
    assert dialler.attempts > 100
    assert dialler.failures == []
    thrice = sorted(3 * [member.name for member in instance.servers])
    wait_until(lambda: sorted(instance.sentinel_restarts[restarts:]) == thrice, what="Sentinels without the old authority")


def rotate(instance: TlsInstance, authority: KeyPair) -> list[Step]:
    """Do what the operator does, with members whose files change one after the other, until nothing is left to do."""
    files = TlsFiles.of(instance.leaf, parse(instance.authority.certificate))
    leaf = make_leaf(authority)
    source = Source(parse(authority.certificate), leaf, lambda: leaf)
    steps: list[Step] = []
    while True:
        change = wait_until(partial(next_change, files, source, instance), limit_seconds=40, every_seconds=0.1, what="proof")
        assert change is not None
        files, step = change
        if step is Step.KEEP:
            break
        steps.append(step)
        for member in instance.servers:
            mount(files, instance, member)
            break_replication(instance)
    instance.authority, instance.leaf = authority, leaf
    instance.wait_until_used(fingerprint_of(leaf), fingerprint_of(authority))
    return steps


def mount(files: TlsFiles, instance: TlsInstance, member: Member) -> None:
    """Have a member mount files, and wait until its sidecar uses them."""
    instance.secrets[member.name].write_files(
        {"tls.crt": files.pair.certificate, "tls.key": files.pair.key, "ca.crt": pem(files.authorities)}
    )
    wait_until(lambda: instance.report(member).client == fingerprint_of(files.pair), what="the new files")


def next_change(files: TlsFiles, source: Source, instance: TlsInstance) -> tuple[TlsFiles, Step] | None:
    """The next step that is not to wait."""
    after, step = next_files(files, source, instance.reports(), datetime.now(UTC))
    return None if step in (Step.WAIT_FOR_TRUST, Step.WAIT_FOR_PRESENTATION) else (after, step)


def test_a_certificate_that_is_refused_is_counted(instance: TlsInstance) -> None:
    [member, *_] = instance.servers
    sidecar = instance.sidecars[member.name]
    before = metrics(sidecar)
    assert before["kuberedis_tls_not_after_seconds"] == parse(instance.leaf.certificate)[0].not_valid_after_utc.timestamp()
    instance.secrets[member.name].write(make_leaf(make_authority()), instance.authority)
    wait_until(
        lambda: metrics(sidecar)["kuberedis_tls_reload_failures_total"] > before["kuberedis_tls_reload_failures_total"], what="a failure"
    )
    assert instance.report(member).redis == fingerprint_of(instance.leaf)
    instance.secrets[member.name].write(instance.leaf, instance.authority)
    instance.wait_until_used(fingerprint_of(instance.leaf), fingerprint_of(instance.authority))


def metrics(sidecar: Sidecar) -> dict[str, float]:
    """The metrics of the sidecar about certificates, by name."""
    connection = http.client.HTTPConnection(sidecar.address, timeout=10)
    try:
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
    finally:
        connection.close()
    found = (line.split() for line in lines if line.startswith("kuberedis_tls_"))
    return {name.partition("{")[0]: float(value) for name, value in found}
