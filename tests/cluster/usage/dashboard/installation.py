"""The dashboard as it is installed by the manifest and by the chart, behind the cluster's ingress controller."""

import re
import subprocess
from pathlib import Path

import httpx

from tests.cluster.usage.installation import NAMESPACE
from tests.cluster.usage.instances import SOON_SECONDS, Ingress
from tests.harness.certificates import make_authority, make_leaf
from tests.harness.cluster import Namespace
from tests.harness.images import ROOT
from tests.harness.waiting import wait_until

HOST = "dashboard.example.com"
"""That of the manifest."""
ORIGIN = f"https://{HOST}"

_NAME = "kuberedis-dashboard"
_MANIFEST = ROOT / "config/dashboard/dashboard.yaml"
_IMAGE = re.compile(r"localhost/kuberedis-dashboard:\S+")
_CERTIFICATE = "dashboard-tls"
_READY_SECONDS = 55
_NOT_LOGGED = re.compile(r'Traceback|"level": ?"error"|eyJ')
"""A fault, or how a token begins."""


class InstalledDashboard:
    """The dashboard in the cluster.

    Args:
        image: its image.
        folder: an empty folder, for its certificate.

    Attributes:
        authority: file with the certificate that signed its own.
    """

    def __init__(self, image: str, folder: Path) -> None:
        self.kubectl = Namespace(NAMESPACE)
        self.authority = folder / "ca.crt"
        self._image = image
        self._folder = folder

    def apply_manifest(self) -> None:
        """Apply its manifest, and wait until a request for its host is answered."""
        self.kubectl("apply", "--filename=-", stdin=_IMAGE.sub(self._image, _MANIFEST.read_text()))
        self._wait_until_ready(f"http://{HOST}", None)

    def apply_chart(self) -> None:
        """Apply what the chart makes of its values, with a certificate; and wait until a request for its host is answered over HTTPS."""
        authority = make_authority("dashboard")
        leaf = make_leaf(authority, [HOST])
        self.authority.write_text(authority.certificate)
        for name, text in (("tls.crt", leaf.certificate), ("tls.key", leaf.key)):
            (self._folder / name).write_text(text)
        pair = (f"--cert={self._folder}/tls.crt", f"--key={self._folder}/tls.key")
        self.kubectl("create", "secret", "tls", _CERTIFICATE, *pair)
        values = {
            "enabled": "true",
            "image": self._image,
            "url": ORIGIN,
            "ingress.className": "contour",
            "ingress.tlsSecret": _CERTIFICATE,
        }
        flags = [f"--set=dashboard.{name}={value}" for name, value in values.items()]
        chart = ["helm", "template", "kuberedis", str(ROOT / "charts/kuberedis"), "--namespace", NAMESPACE]
        made = subprocess.run(
            [*chart, "--show-only=templates/dashboard.yaml", *flags], capture_output=True, text=True, check=True, timeout=60
        )
        self.kubectl("apply", "--filename=-", stdin=made.stdout)
        self._wait_until_ready(ORIGIN, str(self.authority))

    def remove(self) -> None:
        """Remove it. Its log must have neither a fault nor a token."""
        try:
            log = self.kubectl("logs", f"deployment/{_NAME}", "--tail=-1")
            assert not _NOT_LOGGED.search(log), log
        finally:
            self.kubectl("delete", "--filename", str(_MANIFEST), "--ignore-not-found", "--timeout=50s")
            self.kubectl("delete", "secret", _CERTIFICATE, "--ignore-not-found")

    def _wait_until_ready(self, origin: str, authority: str | None) -> None:
        self.kubectl("rollout", "status", f"deployment/{_NAME}", f"--timeout={_READY_SECONDS}s")
        with httpx.Client(base_url=origin, transport=Ingress(authority), trust_env=False) as client:
            wait_until(lambda: _status(client) == 200, limit_seconds=SOON_SECONDS, what=f"an answer at {origin}")


def _status(client: httpx.Client) -> int:
    try:
        return client.get("/healthz").status_code
    except httpx.TransportError:
        # The ingress controller closes a port for which it has no certificate.
        return 0
