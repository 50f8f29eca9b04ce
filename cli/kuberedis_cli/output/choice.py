"""How a command answers: in words to a person, in JSON to a program."""

import sys
from enum import StrEnum


class Output(StrEnum):
    """What `--output` takes."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"

    def is_text(self) -> bool:
        """Whether the answer is for a person; `auto` finds one at a terminal, and a program behind a pipe."""
        return self is Output.TEXT or (self is Output.AUTO and sys.stdout.isatty())
