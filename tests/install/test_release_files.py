"""What a release consists of, made as the workflow makes it: of the last commit, with the rules of this Makefile."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from tests.install.manifests import ROOT, objects

REGISTRY, REPOSITORY = "ghcr.io/somebody", "https://github.com/somebody/kuberedis"
PARTS = ("operator", "sidecar", "dashboard")

_SECONDS = 600
"""For a machine with much else to do; by themselves they take ten."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * _SECONDS)]


def run(*command: str, cwd: Path, **variables: str) -> str:
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True, check=False, timeout=_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder dist/. The wheel is built here by pip, which needs no package that only a release needs."""
    copy = tmp_path_factory.mktemp("release") / "copy"
    run("git", "clone", "--quiet", "--depth=1", f"file://{ROOT}", str(copy), cwd=ROOT)
    shutil.copy(ROOT / "Makefile", copy)
    variables = (f"REGISTRY={REGISTRY}", f"REPOSITORY={REPOSITORY}")
    run("make", "release-source", *variables, cwd=copy)
    wheel = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", "dist/python")
    run(*wheel, "./build/release", cwd=copy)
    run("make", "release-archives", *variables, cwd=copy)
    return copy / "dist"


def images(manifests: Iterable[str]) -> set[str]:
    """The images that manifests name, without their tags."""
    words = {word.strip("\"'") for text in manifests for word in text.split() if "/kuberedis-" in word and ":" in word}
    return {word.rpartition(":")[0] for word in words}


def test_everything_that_is_installed_names_the_images_of_the_release(made: Path) -> None:
    [wheel] = made.glob("python/*.whl")
    [chart] = made.glob("chart/*.tgz")
    with zipfile.ZipFile(wheel) as archive:
        packaged = archive.read("kuberedis_cli/cluster/packaged/operator-deployment.yaml").decode()
    rendered = run(
        "helm", "template", "test", str(chart), "--set", "dashboard.enabled=true,dashboard.url=https://dashboard.example.com", cwd=made
    )
    applied = [path.read_text() for path in made.glob("manifests/*.yaml")]
    of_all = {f"{REGISTRY}/kuberedis-{part}" for part in PARTS}
    assert images([packaged]) == of_all - {f"{REGISTRY}/kuberedis-dashboard"}
    assert images(applied) == of_all
    assert images([rendered]) == of_all
    assert all(objects(text) for text in applied)


def test_krew_installs_a_plugin_that_runs_the_wheel_beside_it(made: Path, tmp_path: Path) -> None:
    text = (made / "krew/kuberedis-krew.yaml").read_text()
    assert "@" not in text.split("spec:")[1]
    plugin = yaml.safe_load(text)
    [platform] = plugin["spec"]["platforms"]
    archive = made / "krew/kubectl-kuberedis.tar.gz"
    assert platform["uri"] == f"{REPOSITORY}/releases/download/{plugin['spec']['version']}/{archive.name}"
    assert platform["sha256"] == hashlib.sha256(archive.read_bytes()).hexdigest()
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    names = {path.name for path in tmp_path.iterdir()}
    assert {name for name in names if not any(fnmatch(name, file["from"]) for file in platform["files"])} == set()
    assert {file["from"] for file in platform["files"] if not any(fnmatch(name, file["from"]) for name in names)} == set()
    (tmp_path / "bin").mkdir()
    uvx = tmp_path / "bin/uvx"
    uvx.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    uvx.chmod(0o755)
    (tmp_path / "bin/kubectl-kuberedis").symlink_to(tmp_path / platform["bin"])  # as krew does
    path = f"{uvx.parent}:{os.environ['PATH']}"
    words = run(str(tmp_path / "bin/kubectl-kuberedis"), "list", "-n", "a b", cwd=tmp_path, PATH=path).splitlines()
    [wheel] = tmp_path.glob("*.whl")
    assert words == ["--quiet", "--from", f"{wheel}[cluster]", "kubectl-kuberedis", "list", "-n", "a b"]


def test_the_notes_are_the_section_of_the_changelog(made: Path) -> None:
    notes = (made / "NOTES.md").read_text().strip()
    assert notes.startswith("### ")
    assert "\n## " not in notes
    assert notes in (ROOT / "CHANGELOG.md").read_text()
