"""Every command has an example in docs/reference/cli.md, and those of local mode print what the page says."""

from pathlib import Path

import typer

from kuberedis_cli.main import app
from tests.cli.conftest import StartLocal
from tests.cli.reference import NOT_RUN, PAGE, Place, check, of_place
from tests.harness.console_examples import examples


def commands() -> set[str]:
    """All commands, such as `list` and `token revoke`."""
    named = getattr(typer.main.get_command(app), "commands", {})
    return {*named, *(f"{name} {inner}" for name, group in named.items() for inner in getattr(group, "commands", {}))}


def test_every_command_has_an_example_that_is_run_or_a_reason_why_not() -> None:
    run = {example.section for example in examples(PAGE) if f"kuberedis {example.section}" in example.command}
    assert commands() - run == set(NOT_RUN)


def test_examples_of_local_mode_print_what_the_page_says(start_local: StartLocal, tmp_path: Path) -> None:
    client = start_local().ready("local")
    origin = f"{client.base_url.scheme}://{client.base_url.netloc.decode()}"
    for example in of_place(Place.LOCAL):
        check(example, tmp_path, lambda printed: printed.replace(origin, "http://127.0.0.1:8080"))
