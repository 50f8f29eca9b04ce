"""What only one worker at a time may do, such as building an image."""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Hold the lock of that name, which all processes of this machine share, until the end of the block."""
    with Path(tempfile.gettempdir(), f"kuberedis-tests-{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
