"""The table of local mode, as far as it follows from the state of the instances."""

from rich.console import Console

from kuberedis_cli.local.reporter import status_table
from kuberedis_cli.local.status import MemberStatus, Status

MIB = 2**20


def cells(statuses: list[Status]) -> list[list[str]]:
    """The cells of each row."""
    console = Console(width=200)
    with console.capture() as capture:
        console.print(status_table(statuses))
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in capture.get().splitlines() if line.startswith("│")]


def test_members_have_rows_below_their_instance() -> None:
    members = (
        MemberStatus("cache-0", "down", None, None),
        MemberStatus("cache-1", "primary", 2 * MIB, 7),
        MemberStatus("cache-2", "syncing", MIB, 3),
    )
    single = Status("other", "http://127.0.0.1:1/instances/other", "ready", MIB, 0, 512 * MIB)
    assert cells([Status("cache", "http://127.0.0.1:1/instances/cache", "ready", 2 * MIB, 7, 512 * MIB, members), single]) == [
        ["cache", "http://127.0.0.1:1/instances/cache", "2Mi / 512Mi", "7", "ready"],
        ["cache-0", "", "- / 512Mi", "-", "down"],
        ["cache-1", "", "2Mi / 512Mi", "7", "primary"],
        ["cache-2", "", "1Mi / 512Mi", "3", "syncing"],
        ["other", "http://127.0.0.1:1/instances/other", "1Mi / 512Mi", "0", "ready"],
    ]


def test_an_instance_without_a_primary_says_so() -> None:
    assert cells([Status("cache", "http://127.0.0.1:1/instances/cache", "no primary", None, None, 512 * MIB)]) == [
        ["cache", "http://127.0.0.1:1/instances/cache", "- / 512Mi", "-", "no primary"]
    ]
