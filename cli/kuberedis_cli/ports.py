"""Ports of this machine, as options name them."""

from typing import Annotated

import typer


def _checked_port(value: int) -> int:
    if not 0 <= value <= 65535:
        raise typer.BadParameter(f"{value} is not a port; write a number up to 65535, or 0 for a free one")
    return value


Port = Annotated[
    int, typer.Option("--port", metavar="PORT", callback=_checked_port, help="Port of this machine to listen on; 0 takes a free one.")
]
