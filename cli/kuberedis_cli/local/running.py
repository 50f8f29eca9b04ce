"""The `kuberedis local` that runs with a data folder, and its instances, for commands beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kuberedis_cli.errors import LocalModeError
from kuberedis_cli.local.control_socket import ask_statuses
from kuberedis_cli.local.data_folder import read_control
from kuberedis_cli.local.status import Status


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


def running_instances(data_folder: Path) -> list[Status]:
    """The instances that run with a data folder, in order; raises as `running`."""
    with running(data_folder) as socket:
        return ask_statuses(socket)


def running_instance(data_folder: Path, name: str) -> Status:
    """The one of that name.

    Raises:
        LocalModeError: There is none.
    """
    found = running_instances(data_folder)
    for status in found:
        if status.instance == name:
            return status
    there = ", ".join(status.instance for status in found) or "none"
    raise LocalModeError(f"no instance {name} runs with the data folder {data_folder}; there is {there}")
