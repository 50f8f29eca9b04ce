"""The form of a command's output: text for a person, JSON for a program."""

import sys
from enum import StrEnum


class Output(StrEnum):
    """The values of `--output`."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"

    def is_text(self) -> bool:
        """Whether the output is for a person; `auto` expects one at a terminal, and a program behind a pipe."""
        return self is Output.TEXT or (self is Output.AUTO and sys.stdout.isatty())
