"""The program as a whole: which commands it suggests, and how it ends when one fails."""

from copy import copy
from typing import Any

import typer
from typer.core import TyperGroup

from kuberedis_cli.about.names import instance_names
from kuberedis_cli.errors import CommandError
from kuberedis_cli.output.choice import wants_json
from kuberedis_cli.output.lines import write_json, write_line
from kuberedis_cli.output.suggestion import suggestion
from kuberedis_core.extras import missing_package

_NEVER_SUGGESTED = frozenset({"delete", "restart", "rotate", "set", "switchover", "uninstall"})
"""Commands that change what runs: nobody shall meet one by a slip of the finger."""


class Program(TyperGroup):
    """The commands of the program. Without any it shows its help; a command that fails is told of in one form."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        _hide_types(self)
        # Where names of instances come from, for the completion of any command.
        return super().make_context(info_name, args, parent, **{"obj": instance_names, **extra})

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> tuple[Any, Any, list[str]]:  # type: ignore[override]
        name = args[0]
        if not name.startswith("-") and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            meant = suggestion(name, sorted(self.commands.keys() - _NEVER_SUGGESTED), 2)
            ctx.fail(f"there is no command {name!r}; {meant}{' ' if meant else ''}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except (CommandError, ModuleNotFoundError, typer.TyperException) as error:
            problems, code = _problems(error, ctx.invoked_subcommand)
            write_problems(problems, as_json=wants_json(ctx))
            raise typer.Exit(code) from None


def _hide_types(command: Any) -> None:
    """Have the help show an argument by its name alone: typer adds types as Python calls them, such as `<str>`."""
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            parameter.type = copy(parameter.type)
            parameter.type.get_metavar = lambda **_: ""
    for each in getattr(command, "commands", {}).values():
        _hide_types(each)


def write_problems(problems: tuple[str, ...], *, as_json: bool) -> None:
    """Write what is wrong to standard error: each problem on a line, or all in one JSON object, as the API's errors are."""
    if as_json:
        write_json({"error": "; ".join(problems)} | ({"problems": problems} if len(problems) > 1 else {}), error=True)
        return
    for problem in problems:
        write_line(f"kuberedis: {problem}", error=True)


def _problems(error: Exception, command: str | None) -> tuple[tuple[str, ...], int]:
    """What is wrong, and the exit code."""
    match error:
        case CommandError():
            return error.problems, error.exit_code
        case ModuleNotFoundError():
            return (missing_package(error, f"`kuberedis {command}`", "local" if command == "local" else "cluster"),), 1
        case _:
            return usage_problems(error), 2


def usage_problems(error: Exception) -> tuple[str, ...]:
    """What is wrong with a command line, and where to read what it can be."""
    message = error.format_message().strip().rstrip(".;") if isinstance(error, typer.TyperException) else str(error)
    context = getattr(error, "ctx", None)
    where = f"; see `{context.command_path} -h`" if context is not None else ""
    return (f"{message[:1].lower()}{message[1:]}{where}",)
