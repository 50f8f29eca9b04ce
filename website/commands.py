"""Every command with its options, as `--help` has them: the site has a page of it."""

from collections.abc import Iterator

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from kuberedis_cli.main import app

_INTRODUCTION = """\
# Every option

What `--help` says of each command. [Commands](cli.md) describes them, with examples.
"""


def page() -> str:
    """The page, in Markdown."""
    return "\n".join([_INTRODUCTION, *_sections(get_command(app), "kuberedis")])


def _sections(command: object, name: str) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        for word, inner in command.commands.items():
            yield from _sections(inner, f"{name} {word}")
    elif isinstance(command, TyperCommand) and not command.hidden:
        yield f"## {name}\n\n{(command.help or '').strip()}\n"
        parameters = (each for each in command.params if isinstance(each, TyperArgument | TyperOption))
        rows = [_row(parameter) for parameter in parameters if not parameter.hidden]
        if rows:
            yield "\n".join(["| | default | |", "| --- | --- | --- |", *rows, ""])


def _row(parameter: TyperArgument | TyperOption) -> str:
    if isinstance(parameter, TyperOption):
        name = ", ".join(f"`{text}`" for text in parameter.opts)
        default = _default(parameter.default)
    else:
        name = f"`{(parameter.name or '').upper()}`"
        default = "required" if parameter.required else _default(parameter.default)
    about = " ".join((parameter.help or "").split()).replace("|", "\\|")
    return f"| {name} | {default} | {about} |"


def _default(value: object) -> str:
    return "" if value is None or value is False or value == [] or callable(value) else f"`{value}`"
