"""The form of a command's output: text for a person, JSON for a program."""

import sys
from enum import StrEnum
from typing import Annotated, TypeVar

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


F = TypeVar("F", bound=StrEnum)


def remember(context: typer.Context, output: F) -> F:
    """Callback of the option --output, of whichever forms a command has."""
    context.meta[_CHOSEN] = output.value
    return output


def wants_json(context: typer.Context) -> bool:
    """Whether JSON was asked for by name, so that errors are JSON, too; of any context of the command line."""
    return bool(context.meta.get(_CHOSEN) == Output.JSON.value)


Format = Annotated[
    Output,
    typer.Option(
        "--output",
        "-o",
        metavar="FORMAT",
        callback=remember,
        is_eager=True,
        help="text, json, or auto: text on a terminal, else json.",
        show_default=False,
    ),
]


class ObjectForm(StrEnum):
    """The values of `--output` of commands that write an object of a cluster."""

    TEXT = "text"
    YAML = "yaml"
    JSON = "json"
