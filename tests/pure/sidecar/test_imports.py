"""The sidecar of one member loads nothing that only members of several need: their code costs it no memory and no time."""

import subprocess
import sys

_ONLY_SEVERAL = ("kuberedis_sidecar.replication", "kuberedis_sidecar.redis.tls", "kuberedis_sidecar.gateway.member")


def test_one_member_does_without_the_code_of_several() -> None:
    code = "import sys, kuberedis_sidecar.serving; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "kuberedis_sidecar.gateway.gateway" in loaded
    assert [module for module in loaded if module.startswith(_ONLY_SEVERAL)] == []
