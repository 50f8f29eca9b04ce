"""The exceptions of the command line are one tree, and the tree that its module draws is the one that there is."""

import inspect

from kuberedis_cli import errors
from kuberedis_cli.errors import CommandError


def classes() -> list[type[CommandError]]:
    return [found for _, found in inspect.getmembers(errors, inspect.isclass) if issubclass(found, CommandError)]


def test_every_exception_of_the_module_is_drawn_below_its_parent() -> None:
    drawn: dict[str, str] = {}
    parents: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        words = line.replace("├──", "   ").replace("└──", "   ").replace("│", " ").split()
        if not words or not hasattr(errors, words[0]):
            continue
        depth = (len(line) - len(line.lstrip(" │├└─"))) // 4 - 1
        parents = [*parents[:depth], words[0]]
        drawn[words[0]] = parents[depth - 1] if depth else "Exception"
    assert drawn == {found.__name__: found.__base__.__name__ for found in classes() if found.__base__ is not None}


def test_problems_are_kept_apart_and_are_one_text() -> None:
    assert CommandError("a", "b").problems == ("a", "b")
    assert str(CommandError("a", "b")) == "a; b"


def test_only_a_command_line_that_cannot_be_carried_out_exits_with_2() -> None:
    assert {found.__name__ for found in classes() if found.exit_code == 2} == {"UsageError"}
