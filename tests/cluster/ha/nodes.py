"""The nodes of the test cluster: what `testcluster` does to them, and what an administrator does by kubectl."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kuberedis_core.crd.names import INSTANCE_LABEL
from tests.harness.kubectl import Kubectl
from tests.harness.waiting import wait_until

INGRESS_NODE = "node1"
"""The ingress controller, the provisioner of volumes and this machine's way to Services are there, so it is never lost."""

_VERB_SECONDS = 120
_READY_SECONDS = 60
_POLL_SECONDS = 0.2


def names() -> list[str]:
    """All nodes."""
    return Kubectl().out("get", "nodes", "--output=jsonpath={.items[*].metadata.name}").split()


def is_ready(node: str) -> bool:
    """Whether the control plane hears of a node."""
    path = '{.status.conditions[?(@.type=="Ready")].status}'
    return Kubectl().out("get", "node", node, f"--output=jsonpath={path}") == "True"


@contextmanager
def stopped(node: str) -> Iterator[None]:
    """Without power until the end of the block."""
    with _between("node-stop", "node-start", node):
        yield


@contextmanager
def cut_off(node: str) -> Iterator[Callable[[], None]]:
    """Without a network until the end of the block, or until what it yields is called; everything on the node runs on."""
    with _between("node-cut", "node-heal", node) as heal:
        yield heal


def drain(node: str, instance: str, *, limit_seconds: int = 55) -> None:
    """`kubectl drain` as far as an instance is concerned; the ingress controller, which has one node only, stays."""
    options = ("--ignore-daemonsets", "--delete-emptydir-data", f"--pod-selector={INSTANCE_LABEL}={instance}")
    Kubectl().out("drain", node, *options, f"--timeout={limit_seconds}s")


def uncordon(node: str) -> None:
    """Let pods be scheduled there again."""
    Kubectl().out("uncordon", node)


@contextmanager
def _between(begin: str, end: str, node: str) -> Iterator[Callable[[], None]]:
    assert node != INGRESS_NODE, f"the ingress controller is on {node}: choose another node"
    ended = False

    def end_it() -> None:
        nonlocal ended
        if not ended:
            _testcluster(end, node)
            ended = True

    _testcluster(begin, node)
    try:
        yield end_it
    finally:
        end_it()
        wait_until(lambda: is_ready(node), limit_seconds=_READY_SECONDS, every_seconds=_POLL_SECONDS, what=f"{node} ready")


def _testcluster(*arguments: str) -> None:
    program = os.environ.get("TESTCLUSTER")
    assert program, "TESTCLUSTER is not set; run these tests by `make test-ha`"
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=_VERB_SECONDS)
    assert done.returncode == 0, f"testcluster {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
