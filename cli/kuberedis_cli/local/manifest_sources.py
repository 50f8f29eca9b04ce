"""The desired state of local mode, read from manifest files.

Level-triggered: every read takes all files and returns the whole desired state, whatever happened in between. A file
that is broken counts as it last was, so that a slip of the editor never removes a running instance.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from watchfiles import awatch

from kuberedis_cli.errors import ManifestError
from kuberedis_cli.local.manifests import LocalInstance, ManifestFile, parse
from kuberedis_core.crd.kind import API_VERSION, KIND

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
RESCAN_MILLISECONDS = 2000
"""Longest time until a change without a notification (a folder replaced, a network mount) is seen."""

BUILT_IN = Path("built-in")
"""Stands for the file of the instance that runs without one."""
BUILT_IN_MANIFEST = f"""
apiVersion: {API_VERSION}
kind: {KIND}
metadata:
  name: local
spec:
  capacity: 1Gi
"""

_parse = lru_cache(maxsize=256)(parse)


@dataclass(frozen=True)
class DesiredState:
    """Instances by name, the problems of the files, and remarks on them."""

    instances: Mapping[str, LocalInstance]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Source(Protocol):
    """A source of the desired state."""

    def missing(self) -> Iterable[str]:
        """What cannot be found; each text is a reason not to start."""

    def read(self) -> DesiredState:
        """The whole desired state."""

    def changes(self) -> AsyncIterator[None]:
        """Yields whenever that state may have changed."""


class BuiltIn:
    """The source without a manifest: one instance named `local`."""

    def missing(self) -> Iterable[str]:
        return ()

    def read(self) -> DesiredState:
        [instance] = parse(BUILT_IN_MANIFEST, BUILT_IN).instances
        return DesiredState({instance.name: instance})

    async def changes(self) -> AsyncIterator[None]:
        await asyncio.get_running_loop().create_future()
        yield


class ManifestFiles:
    """Manifest files and folders of them, as named on the command line; a folder is not searched in depth."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._last_good: dict[Path, ManifestFile] = {}
        self._owners: dict[str, Path] = {}

    def read(self) -> DesiredState:
        """The instances of the files. A file that is gone has none; a broken one has those that it last had."""
        problems: list[str] = []
        current: dict[Path, ManifestFile] = {}
        for path in self._files(problems):
            try:
                current[path] = self._read_file(path)
            except ManifestError as error:
                problems.append(str(error))
                if path in self._last_good:
                    current[path] = self._last_good[path]
        self._last_good = current
        instances = self._one_of_each_name(problems)
        notes = tuple(note for manifest in current.values() for note in manifest.notes)
        return DesiredState(instances, tuple(problems), notes)

    def missing(self) -> Iterable[str]:
        """Paths that do not exist, folders without a manifest."""
        for path in self._paths:
            if not path.exists():
                yield f"{path}: no such file or folder"
            elif path.is_dir() and not any(_manifests_in(path)):
                yield f"{path}: no manifest in this folder; it needs a file that ends with .yaml, .yml or .json"

    async def changes(self) -> AsyncIterator[None]:
        """Yields at every change of a file, and every few seconds in any case."""
        while True:
            folders = {folder for path in self._paths for folder in _folders_of(path) if folder.exists()}
            with suppress(FileNotFoundError):  # a folder that vanishes just now is not among the next ones
                async for _ in awatch(
                    *folders,
                    watch_filter=None,
                    debounce=200,
                    rust_timeout=RESCAN_MILLISECONDS,
                    yield_on_timeout=True,
                    recursive=False,
                ):
                    yield

    def _files(self, problems: list[str]) -> Iterator[Path]:
        seen: set[Path] = set()
        for path in self._paths:
            try:
                for file in sorted(_manifests_in(path)) if path.is_dir() else [path]:
                    if file.exists() and (resolved := file.resolve()) not in seen:
                        seen.add(resolved)
                        yield file
            except OSError as error:
                problems.append(f"{path}: cannot be read: {error.strerror}")

    def _read_file(self, path: Path) -> ManifestFile:
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ManifestError(f"{path}: cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ManifestError(f"{path}: not a text file in UTF-8") from None
        manifest = _parse(text, path)
        if not manifest.instances and path in self._paths:
            raise ManifestError(f"{path}: no {KIND} in this file")
        return manifest

    def _one_of_each_name(self, problems: list[str]) -> dict[str, LocalInstance]:
        """Of two instances with one name, the file that had it before keeps it; at first, the file named first."""
        instances: dict[str, LocalInstance] = {}
        found = [instance for file in self._last_good.values() for instance in file.instances]
        for instance in sorted(found, key=lambda instance: self._owners.get(instance.name) != instance.source):
            first = instances.setdefault(instance.name, instance)
            if first is not instance:
                both = f"in {first.source} and in {instance.source}"
                problems.append(f"instance {instance.name} is defined twice: {both}; rename or remove one")
        self._owners = {name: instance.source for name, instance in instances.items()}
        return instances


def _manifests_in(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file() and not path.name.startswith("."))


def _folders_of(path: Path) -> Iterator[Path]:
    """The folders to watch for a path: its own folder too, because editors replace files and a deleted one may come back."""
    yield path
    yield path.parent
    yield path.resolve().parent
