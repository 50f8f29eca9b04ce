"""Members in local mode: who is the primary, who could take its place, and who was the primary in the last run."""

from dataclasses import replace
from pathlib import Path

import pytest

from kuberedis_cli.local.data_folder import InstanceFolder
from kuberedis_cli.local.last_primary import last_primary, remember_primary
from kuberedis_cli.local.private_files import write_private
from kuberedis_cli.local.replication import obstacle, primary_of
from kuberedis_core.member_report import MemberReport, SentinelReport

A, B, C = NAMES = ("cache-0", "cache-1", "cache-2")


def report(name: str, primary: str | None = A) -> MemberReport:
    """A member that is as it should be."""
    sentinel = SentinelReport(primary=primary)
    return MemberReport(name=name, role="primary" if name == primary else "replica", primary=primary, in_sync=True, sentinel=sentinel)


HEALTHY = [report(name) for name in NAMES]


@pytest.mark.parametrize(
    ("reports", "primary"),
    [
        (HEALTHY, A),
        ([report(name, None) for name in NAMES], None),
        ([replace(report(A), role="unknown"), report(B), report(C)], None),
        ([report(A), report(B, B), report(C, B)], B),
    ],
    ids=["healthy", "none", "the one that is followed is gone", "an old one is back"],
)
def test_the_primary_is_the_one_that_most_sidecars_send_commands_to(reports: list[MemberReport], primary: str | None) -> None:
    assert primary_of(reports) == primary


def test_another_member_can_take_the_place_of_the_primary_once_every_sentinel_would_promote_it() -> None:
    assert obstacle(HEALTHY, [2, 2, 2]) is None
    assert obstacle([*HEALTHY[:2], replace(HEALTHY[2], in_sync=False)], [2, 2, 2]) == "cache-2 is not in sync"
    unaware = replace(HEALTHY[1], sentinel=SentinelReport(primary=C))
    assert obstacle([HEALTHY[0], unaware, HEALTHY[2]], [2, 2, 2]) == "the Sentinel of cache-1 does not know yet that cache-0 is the primary"
    assert obstacle(HEALTHY, [2, 2, 1]) == "the Sentinel of cache-2 knows 1 of 2 members that could take its place"
    assert obstacle([replace(HEALTHY[0], role="unknown"), *HEALTHY[1:]], [2, 2, 2]) == "there is no primary"


@pytest.fixture
def folder(tmp_path: Path) -> InstanceFolder:
    """The folder of an instance that ran with three members, of which each has data; the last one was the primary."""
    folder = InstanceFolder(tmp_path)
    for ordinal in range(len(NAMES)):
        folder.member(ordinal).data.mkdir(parents=True)
        (folder.member(ordinal).data / "dump.rdb").touch()
    remember_primary(folder, 2)
    return folder


def test_the_data_of_the_last_primary_are_the_newest(folder: InstanceFolder) -> None:
    assert last_primary(folder) == 2


def test_a_member_whose_data_were_deleted_does_not_have_the_newest(folder: InstanceFolder) -> None:
    (folder.member(2).data / "dump.rdb").unlink()
    assert last_primary(folder) == 0


@pytest.mark.parametrize("text", ["", "3", "-1", "../elsewhere", "cache-2"])
def test_a_file_that_names_no_member_names_the_first(text: str, folder: InstanceFolder) -> None:
    write_private(folder.primary_file, text)
    assert last_primary(folder) == 0


def test_an_instance_that_never_had_three_members_has_its_data_in_the_first(tmp_path: Path) -> None:
    assert last_primary(InstanceFolder(tmp_path)) == 0
