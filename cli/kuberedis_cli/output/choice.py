"""The form of a command's output: text for a person, JSON for a program."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

_CHOSEN = "kuberedis_cli.output"


class Output(StrEnum):
    """The values of `--output`."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"

    def is_text(self) -> bool:
        """Whether the output is for a person; `auto` expects one at a terminal, and a program behind a pipe."""
        return self is Output.TEXT or (self is Output.AUTO and sys.stdout.isatty())


def _remember(context: typer.Context, output: Output) -> Output:
    context.meta[_CHOSEN] = output
    return output


def wants_json(context: typer.Context) -> bool:
    """Whether JSON was asked for by name, so that errors are JSON, too; of any context of the command line."""
    return context.meta.get(_CHOSEN) is Output.JSON


Format = Annotated[
    Output,
    typer.Option(
        "--output",
        "-o",
        metavar="FORMAT",
        callback=_remember,
        is_eager=True,
        help="text, json, or auto: text on a terminal, else json.",
        show_default=False,
    ),
]
