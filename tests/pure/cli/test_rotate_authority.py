"""`kuberedis rotate --ca`: what it waits for, and how it ends. The API server is replaced."""

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest

from kuberedis_cli.cluster import rotate_authority
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.instances import Instances
from kuberedis_cli.errors import ClusterError
from kuberedis_cli.output.choice import Output
from kuberedis_cli.output.console import Progress
from kuberedis_core.body import Body
from kuberedis_core.crd.names import ROTATE_CA

_TLS_READY = {"type": "TLSReady", "message": "waiting for cache-2 to trust the new authority"}


class Operator:
    """What an operator makes of the request for the instance `cache`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, phase: str | None, spec: Mapping[str, Any] | None = None) -> None:
        self._phase = phase
        self.instance: Body = {"metadata": {"name": "cache", "namespace": "team"}, "spec": {"replicas": 3, **(spec or {})}}
        monkeypatch.setattr(Instances, "get", lambda _self, _name: self.instance)
        monkeypatch.setattr(Instances, "annotate", self._annotate)

    def _annotate(self, _name: str, annotations: Mapping[str, str | None]) -> None:
        if self._phase is not None:
            rotation = {"request": annotations[ROTATE_CA], "phase": self._phase}
            tls = {"caNotAfter": "2031-01-01T00:00:00Z", "rotation": rotation}
            self.instance["status"] = {"tls": tls, "conditions": [_TLS_READY]}

    def rotate(self, limit_seconds: int = 0) -> None:
        """Run the command."""
        rotate_authority.rotate_authority(Cluster(cast(Any, None), "team"), "cache", limit_seconds, Progress(Output.JSON))


def test_it_ends_when_no_member_trusts_the_old_authority(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    Operator(monkeypatch, "Complete").rotate()
    said = json.loads(capsys.readouterr().out)
    assert (said["event"], said["instance"], said["expires"]) == ("rotated", "cache", "2031-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("phase", "spec", "text"),
    [
        (None, {}, "is the operator running"),
        ("TrustingAuthority", {}, "waiting for cache-2 to trust the new authority; it goes on by itself"),
        ("Ignored", {"tls": {"mode": "CertManager"}}, "spec.tls.mode CertManager, whose authority is not the operator's"),
        ("Complete", {"replicas": 1}, "has one member, and so no certificates"),
        ("Complete", {"paused": True}, "set spec.paused to false first"),
    ],
)
def test_it_says_why_there_is_no_new_authority(monkeypatch: pytest.MonkeyPatch, phase: str | None, spec: dict[str, Any], text: str) -> None:
    with pytest.raises(ClusterError, match=text):
        Operator(monkeypatch, phase, spec).rotate()
