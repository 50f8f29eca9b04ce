"""`kuberedis dashboard` as somebody runs it on their machine."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.cli.command import COMMAND
from tests.harness.sidecar import Lines
from tests.harness.waiting import wait_until

LIMIT_SECONDS = 60


@contextmanager
def own_dashboard(kubeconfig: Path, *arguments: str, environ: Mapping[str, str] | None = None) -> Iterator[str]:
    """The command, until the end of the block; its link.

    Args:
        kubeconfig: whose rights it has.
        arguments: more of them.
        environ: what its environment has besides.
    """
    command = [*COMMAND, "dashboard", "--output", "json", "--kubeconfig", str(kubeconfig), *arguments]
    process = subprocess.Popen(command, env={**os.environ, **(environ or {})}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    output = Lines(process.stdout)
    try:
        wait_until(lambda: output.so_far() or process.poll() is not None, limit_seconds=LIMIT_SECONDS, what="the link")
        yield json.loads(output.so_far()[0])["url"]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=LIMIT_SECONDS) == 0
    assert json.loads(output.to_the_end()[-1])["event"] == "stopped"
