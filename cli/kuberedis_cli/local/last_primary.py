"""Which member has the newest data: the primary of the last run.

While an instance runs with three members, its Sentinels write down whom they take for the primary. While that is not so yet, and while it
runs with one member, the file of members names that one as the founder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from kuberedis_cli.errors import DataFolderError
from kuberedis_cli.local.data_folder import InstanceFolder
from kuberedis_cli.local.private_files import open_file, read_private, write_private
from kuberedis_core import members
from kuberedis_core.members import MEMBERS_OF_HIGH_AVAILABILITY, Members

_ORDINALS = range(MEMBERS_OF_HIGH_AVAILABILITY)
# https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
_MONITOR = re.compile(r"^sentinel monitor \S+ (?P<host>\S+) (?P<port>\d{1,5}) ", re.MULTILINE)
_EPOCH = re.compile(r"^sentinel config-epoch \S+ (?P<epoch>\d{1,19})$", re.MULTILINE)


def last_primary(folder: InstanceFolder) -> int:
    """Ordinal of that member; 0 if the instance never ran with three.

    Raises:
        DataFolderError: A file was not made by this user.
        OSError: A file cannot be read.
    """
    known = _last_members(folder)
    if known is None:
        return 0
    named = known.founder or primary_in(_sentinel_files(folder), known)
    ordinal = next((ordinal for ordinal, member in enumerate(known) if member.name == named), 0)
    with_data = [other for other in (ordinal, *_ORDINALS) if _has_data(folder, other)]
    return with_data[0] if with_data else ordinal


def remember_primary(folder: InstanceFolder, ordinal: int) -> None:
    """Name a member as the one with the newest data, for as long as the instance runs with this one alone; raises as `last_primary`."""
    known = _last_members(folder)
    if known is not None:
        write_private(folder.members_file, members.dump(known.all, founder=known.all[ordinal].name))


def primary_in(configurations: Iterable[str], known: Members) -> str | None:
    """Name of the primary by the files of Sentinels: that of the highest epoch, which every failover raises; None if they name none."""
    found: list[tuple[int, str]] = []
    for text in configurations:
        monitor, epoch = _MONITOR.search(text), _EPOCH.search(text)
        member = known.at(monitor["host"], int(monitor["port"])) if monitor else None
        if member is not None:
            found.append((int(epoch["epoch"]) if epoch else 0, member.name))
    return max(found)[1] if found else None


def _last_members(folder: InstanceFolder) -> Members | None:
    if not os.path.lexists(folder.members_file):
        return None
    try:
        known = members.load(read_private(folder.members_file))
    except ValueError:
        known = Members(())
    if len(known.all) != MEMBERS_OF_HIGH_AVAILABILITY:
        raise DataFolderError(
            f"{folder.members_file} is not a file of `kuberedis local`; remove it, or choose another folder with --data-dir"
        )
    return known


def _sentinel_files(folder: InstanceFolder) -> Iterable[str]:
    for ordinal in _ORDINALS:
        path = folder.member(ordinal).sentinel_configuration
        if os.path.lexists(path):
            with os.fdopen(open_file(path, os.O_RDONLY), encoding="utf-8", errors="replace") as file:
                yield file.read()


def _has_data(folder: InstanceFolder, ordinal: int) -> bool:
    data = folder.member(ordinal).data
    return data.is_dir() and any(data.iterdir())
