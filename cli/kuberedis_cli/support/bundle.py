"""The file of `kuberedis report`: a tar archive that only its owner can read, each part of it redacted and bounded."""

from __future__ import annotations

import io
import json
import os
import tarfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kuberedis_cli.errors import CommandError
from kuberedis_cli.support.redaction import redacted, without_secrets

MAX_PART_BYTES = 2 * 1024 * 1024
_CUT = "(what was before is left out)\n"


class Bundle:
    """An archive that is being written.

    Args:
        archive: The archive.
        folder: Name of the folder that everything in it is below.
    """

    def __init__(self, archive: tarfile.TarFile, folder: str) -> None:
        self._archive = archive
        self._folder = folder
        self.names: list[str] = []

    def add_object(self, name: str, value: Any) -> None:
        """Add an object, or several, as JSON."""
        self._add(f"{name}.json", json.dumps(without_secrets(value), indent=2) + "\n")

    def add_lines(self, name: str, lines: Iterable[str]) -> None:
        """Add lines of text; of many the last ones."""
        text = redacted("".join(f"{line}\n" for line in lines))
        self._add(name, text if len(text) <= MAX_PART_BYTES else _CUT + text[-MAX_PART_BYTES:])

    def _add(self, name: str, text: str) -> None:
        data = text.encode()
        entry = tarfile.TarInfo(f"{self._folder}/{name}")
        entry.size, entry.mtime, entry.mode = len(data), int(time.time()), 0o600
        self._archive.addfile(entry, io.BytesIO(data))
        self.names.append(name)


@contextmanager
def created(path: Path) -> Iterator[Bundle]:
    """A bundle in a new file, which is there only if the body succeeds.

    Raises:
        CommandError: The file is there already, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CommandError(f"{path} is there already; name another file with --file") from None
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}; name another file with --file") from None
    try:
        with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
            yield Bundle(archive, path.name.removesuffix(".tar.gz"))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
