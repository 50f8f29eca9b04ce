"""A test cluster that a run may start and stop as its bars need it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.errors import BenchError

_REPOSITORY = Path(__file__).parent.parent
_IMAGE = "localhost/kuberedis-sidecar:bench"
_SETTINGS = {
    "KUBEREDIS_SIDECAR_IMAGE": _IMAGE,
    "KUBEREDIS_REDIS_IMAGE": "localhost/redis:{version}",
    "KUBEREDIS_INGRESS_CLASS": "contour",
    "PYTHON_IMAGE": "localhost/python:3.13",
}
_VARIABLES = ("KUBECONFIG", "TESTCLUSTER_INGRESS_URL", "PATH")
_ENVIRONMENT = 'eval "$("$0" env)" && printf "%s\\0%s\\0%s" "$KUBECONFIG" "$TESTCLUSTER_INGRESS_URL" "$PATH"'


@contextmanager
def full(program: Path) -> Iterator[None]:
    """Starts the cluster with a node and the sidecar's image, points this process' environment at it, and stops it at the end."""
    with _up(program):
        _run(program, "build-image", _IMAGE, "-f", str(_REPOSITORY / "Dockerfile.sidecar"), str(_REPOSITORY))
        _run(program, "load-image", _IMAGE)
        yield


@contextmanager
def control_plane_only(program: Path) -> Iterator[None]:
    """Starts the cluster without a node, points this process' environment at it, and stops it at the end."""
    with _up(program, "--control-plane-only"):
        yield


@contextmanager
def three_nodes(program: Path) -> Iterator[None]:
    """Starts the cluster with three nodes, points this process' environment at it, and stops it at the end."""
    with _up(program, "--nodes", "3"):
        os.environ["TESTCLUSTER"] = str(program)
        yield


@contextmanager
def _up(program: Path, *options: str) -> Iterator[None]:
    _run(program, "down")
    _run(program, "up", *options)
    try:
        output = subprocess.run(["bash", "-c", _ENVIRONMENT, str(program)], capture_output=True, text=True, check=True).stdout  # noqa: S607
        os.environ.update(zip(_VARIABLES, output.split("\0"), strict=True))
        os.environ.update(_SETTINGS)
        yield
    finally:
        _run(program, "down")


def _run(program: Path, *arguments: str) -> None:
    try:
        ended = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    except OSError as error:
        raise BenchError(f"{program} cannot be run: {error.strerror}") from None
    if ended.returncode:
        raise BenchError(f"{program.name} {' '.join(arguments)} failed: {(ended.stderr or ended.stdout)[-1000:]}")
