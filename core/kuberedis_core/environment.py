"""Settings from environment variables, which all have the prefix ``KUBEREDIS_``.

Readers turn the text of a variable into its value; a ValueError of a reader says what is wrong and what to write instead, and becomes a
`SettingsError` that names the variable.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")

PREFIX = "KUBEREDIS_"

# Both the operator and the sidecar have these two.
LISTEN = "KUBEREDIS_LISTEN"
LOG_LEVEL = "KUBEREDIS_LOG_LEVEL"

# The operator's, which the command line sets when it installs it.
NAMESPACES = "KUBEREDIS_NAMESPACES"

LOG_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

# Kubernetes adds such variables to a pod for each Service of its namespace, also for one called kuberedis-something.
_SERVICE_LINK = re.compile(r"_(SERVICE_HOST|SERVICE_PORT\w*|PORT|PORT_\d+_\w+)$")


class SettingsError(ValueError):
    """A variable is missing or does not fit; the text names it and says what to write."""


def read_variable(environ: Mapping[str, str], name: str, reader: Callable[[str], T]) -> T | None:
    """The value of a variable, or None if it is not set.

    Args:
        environ: The process environment, or any mapping of that form.
        name: The variable's name.
        reader: Reads its text, which has no white space around it.

    Raises:
        SettingsError: `reader` refuses the text.
    """
    text = environ.get(name)
    if text is None:
        return None
    try:
        return reader(text.strip())
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None


def require_variable(environ: Mapping[str, str], name: str, reader: Callable[[str], T]) -> T:
    """As `read_variable`, of a variable that must be set and not be empty."""
    value = read_variable(environ, name, reader) if environ.get(name) else None
    if value is None:
        raise SettingsError(f"{name}: not set; it is required")
    return value


def unknown_variables(environ: Mapping[str, str], known: Iterable[str]) -> list[str]:
    """Names in `environ` with the prefix that are not settings: a misspelt one would otherwise silently keep its default.

    Args:
        environ: The process environment, or any mapping of that form.
        known: The names of all settings.
    """
    names = set(known)
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in names and not _SERVICE_LINK.search(name))


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A reader of whole numbers from `least` on, up to `most` if there is one."""
    wanted = f"a whole number, {least} or more" if most is None else f"a whole number from {least} to {most}"

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 18 or not least <= int(text) <= (most or int(text)):
            raise ValueError(f"{text!r} does not fit; write {wanted}")
        return int(text)

    return read


def seconds(text: str) -> float:
    """A reader of durations in seconds, greater than 0."""
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) or float(text) == 0:
        raise ValueError(f"{text!r} does not fit; write a number of seconds greater than 0, for example 10 or 0.5")
    return float(text)


def boolean(text: str) -> bool:
    """A reader of ``true`` and ``false``."""
    if text not in ("true", "false"):
        raise ValueError(f"{text!r} does not fit; write true or false")
    return text == "true"


def log_level(text: str) -> str:
    """A reader of log levels."""
    if text not in LOG_LEVELS:
        raise ValueError(f"{text!r} is not a log level; write one of {', '.join(LOG_LEVELS)}")
    return text


def listen_address(text: str) -> tuple[str, int]:
    """A reader of ``HOST:PORT``; an IPv6 address stands in square brackets."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or len(port) > 5 or int(port) > 65535:
        raise ValueError(f"{text!r} is not an address to listen on; write HOST:PORT, for example 0.0.0.0:8080")
    return host, int(port)
