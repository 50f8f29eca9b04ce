"""The one way in which a command ends badly: short sentences on standard error and an exit code."""

from typing import NoReturn

import typer


def fail(*problems: str, exit_code: int = 1) -> NoReturn:
    """Print each problem on a line of its own and end the command."""
    for problem in problems:
        typer.echo(f"kuberedis: {problem}", err=True)
    raise typer.Exit(exit_code)
