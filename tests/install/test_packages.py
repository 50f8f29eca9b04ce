"""What a wheel and the images are made of, read from the files that say so."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.install.manifests import ROOT

SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]


def packages() -> Iterator[tuple[str, Path]]:
    """The packages of a wheel, by their names."""
    for where in SETUPTOOLS["packages"]["find"]["where"]:
        for file in (ROOT / where).rglob("__init__.py"):
            yield ".".join(file.parent.relative_to(ROOT / where).parts), file.parent


def files_of_packages() -> set[Path]:
    top = [folder for name, folder in packages() if "." not in name]
    return {file for folder in top for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts}


def sources(dockerfile: Path) -> set[str]:
    """What an image is built of."""
    copies = [line.split()[1:-1] for line in dockerfile.read_text().splitlines() if line.startswith("COPY ") and "--from=" not in line]
    return {file for copied in copies for file in copied}


def is_among(path: str, folders: set[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def test_wheel_has_every_file_of_the_packages() -> None:
    patterns = SETUPTOOLS["package-data"]
    code = {file for _, folder in packages() for file in folder.glob("*.py")}
    data = {file for name, folder in packages() for pattern in (*patterns["*"], *patterns.get(name, ())) for file in folder.glob(pattern)}
    assert files_of_packages() - code - data == set()


@pytest.mark.parametrize("dockerfile", sorted(ROOT.glob("Dockerfile.*")), ids=lambda path: path.suffix)
def test_image_is_built_of_files_that_the_build_is_given(dockerfile: Path) -> None:
    given = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = sources(dockerfile)
    assert {source for source in copied if not is_among(source, given)} == set()
    links = [file for source in copied for file in (ROOT / source).rglob("*") if file.is_symlink()]
    targets = {file.resolve().relative_to(ROOT).as_posix() for file in links}
    assert {target for target in targets if not is_among(target, copied)} == set()
