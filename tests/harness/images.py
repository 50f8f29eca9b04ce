"""The images of this working copy in the cluster, built from the Dockerfiles.

A tag is a digest of the content: what runs is always the working copy, and an unchanged image is neither built nor loaded again.
"""

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.harness.exclusive import exclusive
from tests.harness.kubectl import Kubectl

ROOT = Path(__file__).parents[2]

# What each Dockerfile copies.
_COMMON = ("LICENSE", "README.md", "pyproject.toml", "core")
_FOLDERS = {"operator": ("operator",), "sidecar": ("sidecar",), "dashboard": ("dashboard", "operator", "config/crd.yaml")}
_CONTENT = {component: (*_COMMON, *folders, f"requirements/{component}.lock") for component, folders in _FOLDERS.items()}
_BUILD_SECONDS = 600


def in_cluster(component: str) -> str:
    """The image of `operator`, `sidecar` or `dashboard`, built and loaded into the cluster if it was not there."""
    dockerfile = ROOT / f"Dockerfile.{component}"
    content = [dockerfile, *(file for entry in _CONTENT[component] for file in _files(ROOT / entry))]
    image = f"localhost/kuberedis-{component}:{_digest(content)}"
    with exclusive("images"):
        if image not in _present():
            _testcluster("build-image", image, "-f", str(dockerfile), str(ROOT))
            _testcluster("load-image", image)
    return image


def again(image: str, *, like: str) -> None:
    """Have another image with the content of one that the cluster has, loaded into the cluster if it was not there."""
    with exclusive("images"), tempfile.TemporaryDirectory() as folder:
        if image not in _present():
            Path(folder, "Dockerfile").write_text(f"FROM {like}\nLABEL again={image}\n")
            _testcluster("build-image", image, folder)
            _testcluster("load-image", image)


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _files(entry: Path) -> list[Path]:
    if entry.is_file():
        return [entry]
    return sorted(path for path in entry.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _present() -> set[str]:
    return set(Kubectl().out("get", "nodes", "--output=jsonpath={.items[*].status.images[*].names[*]}").split())


def _testcluster(*arguments: str) -> None:
    program = os.environ.get("TESTCLUSTER")
    assert program, "TESTCLUSTER is not set; run these tests by `make test-cluster`"
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=_BUILD_SECONDS)
    assert done.returncode == 0, f"testcluster {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
