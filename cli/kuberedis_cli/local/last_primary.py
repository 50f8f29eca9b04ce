"""Which member has the newest data: the primary, as the run that ended last saw it.

It is written down as soon as another member is promoted, which is up to a second before Sentinels write it into their own files.
"""

from __future__ import annotations

import os

from kuberedis_cli.local.data_folder import InstanceFolder
from kuberedis_cli.local.private_files import read_private, write_private
from kuberedis_core.members import MEMBERS_OF_HIGH_AVAILABILITY

_ORDINALS = range(MEMBERS_OF_HIGH_AVAILABILITY)


def last_primary(folder: InstanceFolder) -> int:
    """Ordinal of that member; 0 if the instance never ran with three. A member whose data somebody has deleted is left out.

    Raises:
        DataFolderError: The file was not made by this user.
        OSError: It cannot be read.
    """
    text = read_private(folder.primary_file).strip() if os.path.lexists(folder.primary_file) else ""
    named = next((ordinal for ordinal in _ORDINALS if text == str(ordinal)), 0)
    return next((ordinal for ordinal in (named, *_ORDINALS) if _has_data(folder, ordinal)), named)


def remember_primary(folder: InstanceFolder, ordinal: int) -> None:
    """Write that member down. Raises OSError if that cannot be done."""
    write_private(folder.primary_file, f"{ordinal}\n")


def _has_data(folder: InstanceFolder, ordinal: int) -> bool:
    data = folder.member(ordinal).data
    return data.is_dir() and any(data.iterdir())
