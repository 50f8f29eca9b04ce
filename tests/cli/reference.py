"""The examples of docs/reference/cli.md, and where they are run."""

from collections.abc import Callable
from enum import Enum
from pathlib import Path

from tests.harness.console_examples import Example, examples, fits, run

PAGE = Path(__file__).parents[2] / "docs/reference/cli.md"

NOT_RUN = {
    "local": "goes on until Ctrl-C; local-mode.md describes it",
    "local run": "as `local`",
    "local failover": "needs three members; local-mode.md describes it",
    "token mint": "`token` without another word",
    "switchover": "needs the pods of three members",
    "proxy": "needs a pod, and goes on until Ctrl-C",
    "dashboard": "goes on until Ctrl-C",
}
"""Commands without an example that is run, and why."""

_OF_THE_CLUSTER = ("kuberedis install", "kuberedis uninstall", "kuberedis version")


class Place(Enum):
    """What an example needs."""

    LOCAL = "an instance `local` of local mode"
    NAMESPACE = "an API server, with instances in a namespace"
    CLUSTER = "an API server, in which the operator is installed and removed"


def place_of(command: str) -> Place:
    """Where a command line is run: one that names a namespace is about a cluster."""
    if " -n " in command:
        return Place.NAMESPACE
    return Place.CLUSTER if command.startswith(_OF_THE_CLUSTER) else Place.LOCAL


def of_place(place: Place) -> list[Example]:
    """The examples that are run there, in the order of the page."""
    found = [example for example in examples(PAGE) if place_of(example.command) is place]
    assert found, f"{PAGE.name} has no example for {place.value}"
    return found


def check(example: Example, cwd: Path, seen_as: Callable[[str], str] = str) -> None:
    """Run an example.

    Args:
        example: It.
        cwd: Folder to run it in.
        seen_as: What the page shows of an output.

    Raises:
        AssertionError: It prints something else.
    """
    printed = seen_as(run(example.command, cwd))
    assert fits(example.output, printed), f"{example.section}: $ {example.command}\n{printed}"
