"""A Kubernetes control plane of a test's own: etcd, API server and controller manager as processes on free ports of loopback.

For tests that would disturb other users of a cluster, such as removing the custom resource. There is no node, so
pods stay Pending. The programs are those of the test cluster, found on the PATH.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.ports import free_port
from tests.harness.waiting import wait_until

ADMIN, NOBODY = "admin-of-the-test", "nobody-of-the-test"
"""Bearer tokens of a user with all permissions and of one with none."""

_START_SECONDS = 60


class ControlPlane:
    """One control plane.

    Args:
        folder: empty folder for its data, certificates and log.
        users: names of more users by their bearer tokens.

    Attributes:
        kubeconfig: kubeconfig of its administrator.
        authority: file with the certificate that the API server presents.
    """

    def __init__(self, folder: Path, users: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._users = {NOBODY: "nobody", **(users or {})}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._logs = (folder / "log").open("wb")
        self.url = f"https://127.0.0.1:{free_port()}"
        self.authority = folder / "certificates/apiserver.crt"
        self.kubeconfig = self.kubeconfig_of(ADMIN)

    def start(self) -> None:
        """Start it and wait until it is ready."""
        etcd, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        key = self._folder / "service-accounts.key"
        subprocess.run([_program("openssl"), "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
        tokens = self._folder / "tokens.csv"
        users = "".join(f"{token},{name},{name}\n" for token, name in self._users.items())
        tokens.write_text(f'{ADMIN},admin,admin,"system:masters"\n{users}')
        self._run(
            "etcd",
            f"--data-dir={self._folder / 'etcd'}",
            "--unsafe-no-fsync",
            "--log-level=error",
            f"--listen-client-urls={etcd}",
            f"--advertise-client-urls={etcd}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
        )
        self._run(
            "kube-apiserver",
            f"--etcd-servers={etcd}",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.url.rpartition(':')[2]}",
            f"--cert-dir={self._folder / 'certificates'}",
            f"--token-auth-file={tokens}",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.97.0.0/24",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
        )
        wait_until(self._is_ready, limit_seconds=_START_SECONDS, what="the API server")
        self._run(
            "kube-controller-manager",
            f"--kubeconfig={self.kubeconfig}",
            "--secure-port=0",
            "--leader-elect=false",
            f"--service-account-private-key-file={key}",
        )

    def stop(self) -> None:
        """Kill its processes; its data are of no further use."""
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        self._logs.close()

    def kubeconfig_of(self, token: str, namespace: str = "default") -> Path:
        """Write a kubeconfig for the owner of a token, and return its path."""
        path = self._folder / f"kubeconfig-{token}-{namespace}"
        path.write_text(
            f"{{apiVersion: v1, kind: Config, current-context: test,"
            f" clusters: [{{name: test, cluster: {{server: '{self.url}', certificate-authority: '{self.authority}'}}}}],"
            f" users: [{{name: test, user: {{token: {token}}}}}],"
            f" contexts: [{{name: test, context: {{cluster: test, user: test, namespace: {namespace}}}}}]}}\n"
        )
        return path

    def _run(self, program: str, *arguments: str) -> None:
        self._processes.append(subprocess.Popen([_program(program), *arguments], stdout=self._logs, stderr=self._logs))

    def _is_ready(self) -> bool:
        request = [_program("kubectl"), "--kubeconfig", str(self.kubeconfig), "get", "--raw", "/readyz"]
        return subprocess.run(request, capture_output=True, check=False, timeout=_START_SECONDS).returncode == 0


@contextmanager
def running_control_plane(folder: Path, users: Mapping[str, str] | None = None) -> Iterator[ControlPlane]:
    """Run a control plane, and have KUBECONFIG name it, until the end of the block."""
    plane = ControlPlane(folder, users)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KUBECONFIG", str(plane.kubeconfig))
        try:
            plane.start()
            yield plane
        finally:
            plane.stop()


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise RuntimeError(f"these tests need {name} on the PATH; the test cluster has it")
    return path
