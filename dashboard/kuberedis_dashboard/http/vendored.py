"""Scripts and styles of others, kept unmodified in `static/vendor`: `make assets` fetches them anew, by npm, which checks its packages.

`VENDORED.json` beside them says of each file which package and version it is of, and its hash, which a test compares.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from kuberedis_dashboard.http.assets import STATIC

FOLDER = STATIC / "vendor"
RECORD = FOLDER / "VENDORED.json"


def hash_of(content: bytes) -> str:
    """The SHA-512 of a file as npm and browsers write it (https://www.w3.org/TR/SRI/)."""
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def fetch(wanted: list[str]) -> None:
    """Fetch files and write the record of them.

    Args:
        wanted: each as `package@version:path in the package`.
    """
    record = {}
    with tempfile.TemporaryDirectory() as folder:
        for entry in wanted:
            package, _, path = entry.rpartition(":")
            name, _, version = package.rpartition("@")
            content = _member(_packed(package, Path(folder)), path)
            file = f"{name}.LICENSE" if path == "LICENSE" else Path(path).name
            (FOLDER / file).write_bytes(content)
            record[file] = {"package": name, "version": version, "path": path, "sha512": hash_of(content)}
    RECORD.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _packed(package: str, folder: Path) -> Path:
    command = ["npm", "pack", "--json", "--pack-destination", str(folder), package]
    [packed] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return folder / str(packed["filename"])


def _member(archive: Path, path: str) -> bytes:
    with tarfile.open(archive) as packed:
        file = packed.extractfile(f"package/{path}")
        if file is None:
            raise FileNotFoundError(f"{archive.name} has no {path}")
        return file.read()


if __name__ == "__main__":
    fetch(sys.argv[1:])
