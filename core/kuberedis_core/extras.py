"""What is said when packages of an extra are not installed: every part of the distribution brings its own, so that none has all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

DISTRIBUTION = "kuberedis-gateway"


def missing_package(error: ModuleNotFoundError, program: str, *extras: str) -> str:
    """A sentence that says how to install what is missing.

    Args:
        error: The import that failed.
        program: The program or command that needs it.
        extras: The extras of the distribution, any of which brings it.

    Raises:
        ModuleNotFoundError: As `package_of`.
    """
    commands = " or ".join(f"pip install '{DISTRIBUTION}[{extra}]'" for extra in extras)
    return f"{program} needs the package {package_of(error)} of the extra {' or '.join(extras)}; install it with: {commands}"


def package_of(error: ModuleNotFoundError) -> str:
    """The package that an import did not find.

    Raises:
        ModuleNotFoundError: The module is one of this project's own: that is a fault of the code, and no extra brings it.
    """
    package = (error.name or "").partition(".")[0]
    if package.startswith("kuberedis"):
        raise error
    return package


@contextmanager
def needs_extra(program: str, *extras: str) -> Iterator[None]:
    """End the program with one line on standard error, and exit code 1, if an import in the body fails; see `missing_package`."""
    try:
        yield
    except ModuleNotFoundError as error:
        sys.exit(f"{program}: {missing_package(error, program, *extras)}")
