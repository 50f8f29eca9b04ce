"""Lines of output without a table: for a person as they may be shown, for a program as JSON."""

import json
import sys

import typer

from kuberedis_cli.output.printable import printable


def write_line(text: str, *, error: bool = False) -> None:
    """Write one line to standard output, or to standard error."""
    typer.echo(printable(text), err=error)


def write_json(value: object, *, error: bool = False) -> None:
    """Write one line of JSON to standard output, or to standard error, at once; it holds ASCII only.

    Raises:
        BrokenPipeError: Nobody reads any more.
    """
    stream = sys.stderr if error else sys.stdout
    stream.write(json.dumps(value) + "\n")
    stream.flush()


def write_bytes(data: bytes) -> None:
    """Write bytes to standard output as they are, at once; for a terminal they have to be escaped already.

    Raises:
        BrokenPipeError: Nobody reads any more.
    """
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
