"""Scripts and styles, served under a hash of their content: a browser keeps them for ever, and a new version has another address."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).parents[1] / "static"
CACHE_CONTROL = "public, max-age=31536000, immutable"

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_HASH_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Asset:
    """One file."""

    path: str
    """Below the folder of assets: hash and name."""
    content_type: str
    content: bytes
    compressed: bytes
    """The same, by gzip."""


class Assets:
    """All scripts and styles.

    Args:
        folder: where they are, in `own` and `vendor`.
    """

    def __init__(self, folder: Path = STATIC) -> None:
        self._by_name: Mapping[str, Asset] = dict(_read(folder))
        self._by_path = {asset.path: asset for asset in self._by_name.values()}

    def path(self, name: str) -> str:
        """The path of a file below the folder of assets.

        Raises:
            KeyError: there is no such file.
        """
        return self._by_name[name].path

    def find(self, path: str) -> Asset | None:
        """The file at a path; None if there is none, or not with this content."""
        return self._by_path.get(path)


def _read(folder: Path) -> Iterator[tuple[str, Asset]]:
    for file in sorted(folder.rglob("*")):
        if file.suffix in _TYPES:
            content = file.read_bytes()
            path = f"{hashlib.sha256(content).hexdigest()[:_HASH_LENGTH]}/{file.name}"
            yield file.name, Asset(path, _TYPES[file.suffix], content, gzip.compress(content, 9, mtime=0))
