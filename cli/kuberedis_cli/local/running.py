"""The `kuberedis local` that runs with a data folder, and its instances, for commands beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kuberedis_cli.errors import LocalModeError
from kuberedis_cli.local.control_socket import ask_statuses
from kuberedis_cli.local.data_folder import instances_with_keys, read_control
from kuberedis_cli.local.status import Status
from kuberedis_cli.output.suggestion import suggestion


@contextmanager
def running(data_folder: Path) -> Iterator[Path]:
    """The socket of the `kuberedis local` that runs with a data folder.

    Raises:
        LocalModeError: None does; noticed in the body, when nothing listens there.
        DataFolderError: The folder was not made by this user.
    """
    try:
        yield read_control(data_folder)
    except OSError:
        problem = f"no `kuberedis local` runs with the data folder {data_folder}"
        raise LocalModeError(f"{problem}; start it, or name its folder with --data-dir") from None


def known_instances(data_folder: Path) -> dict[str, Status | None]:
    """The instances of a data folder by name, and of those that run how they are.

    Raises:
        CommandError: The folder was not made by this user, or what runs does not say.
    """
    known: dict[str, Status | None] = dict.fromkeys(instances_with_keys(data_folder))
    try:
        statuses = ask_statuses(read_control(data_folder))
    except OSError:
        statuses = []  # nothing runs
    return known | {status.instance: status for status in statuses}


def known_instance(data_folder: Path, name: str) -> Status | None:
    """How an instance of a data folder is; None while it does not run.

    Raises:
        CommandError: There is no such instance; the text suggests others. Or as `known_instances`.
    """
    known = known_instances(data_folder)
    if name in known:
        return known[name]
    there = suggestion(name, known, 3) or f"it has {', '.join(sorted(known)) or 'none'}"
    raise LocalModeError(f"there is no instance {name!r} in {data_folder} ({there}); with --namespace it is looked for in the cluster")
