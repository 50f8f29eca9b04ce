"""The one rule of where a command looks for an instance."""

from pathlib import Path

import pytest

from kuberedis_cli.cluster.options import Access
from kuberedis_cli.errors import PlaceError, UsageError
from kuberedis_cli.places import Place, decide

NOTHING = Access(None, None, None)
TEAM = Access("team", None, None)
FOLDER = Path(".kuberedis")


@pytest.mark.parametrize(
    ("access", "data_dir", "is_plugin", "has_default_folder", "folder"),
    [
        (NOTHING, None, False, False, None),
        (NOTHING, None, False, True, FOLDER),
        (NOTHING, None, True, True, None),
        (NOTHING, Path("other"), False, True, Path("other")),
        (NOTHING, Path("other"), True, False, Path("other")),
        (TEAM, None, False, True, None),
        (Access(None, "prod", None), None, False, True, None),
        (Access(None, None, Path("config")), None, False, True, None),
    ],
)
def test_a_command_line_means_one_place(
    access: Access, data_dir: Path | None, is_plugin: bool, has_default_folder: bool, folder: Path | None
) -> None:
    assert decide(access, data_dir, is_plugin=is_plugin, has_default_folder=has_default_folder) == Place(folder, access)


def test_two_places_are_refused() -> None:
    with pytest.raises(UsageError, match="--data-dir and --namespace are two places; leave one of them out"):
        decide(TEAM, Path("other"), is_plugin=False, has_default_folder=False)


def test_a_command_for_clusters_says_what_to_do_instead_in_local_mode() -> None:
    assert Place(None, TEAM).only_in_a_cluster("rotate", "do this") is TEAM
    with pytest.raises(PlaceError, match="add --namespace for one in the cluster, or for one of local mode do this"):
        Place(FOLDER, NOTHING).only_in_a_cluster("rotate", "do this")
