"""The exceptions of the command line, all in one tree.

    CommandError                 ends a command
    ├── UsageError               options that contradict each other, or a value that does not fit; exit code 2
    ├── PlaceError               local mode has no such command
    ├── KeyNotUsable             there is no key to sign a token with, or what is there is none
    ├── DataFolderError          the data folder of local mode cannot be used
    ├── ManifestError            a manifest that local mode cannot use
    ├── RedisServerError         local mode found no Redis server, or it did not start, refused a request or ended
    ├── LocalModeError           local mode cannot begin; has every reason
    ├── GatewayError             an instance does not answer, or refuses a request
    └── ClusterError             the cluster refused, or cannot be reached
        └── SidecarPageError     the sidecar of a member does not say how its Redis is

A command ends badly in one way: a `CommandError` reaches `kuberedis_cli.main`, which prints its problems on standard error, each on a line,
and exits with its code.
"""

from __future__ import annotations


class CommandError(Exception):
    """Ends a command.

    Args:
        problems: What is wrong and what to do, each on one line.
    """

    exit_code = 1

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


class UsageError(CommandError):
    """The command line cannot be carried out as it was written."""

    exit_code = 2


class PlaceError(CommandError):
    """The command is for instances of another place than the one that is meant."""


class KeyNotUsable(CommandError):
    """There is no key to sign a token with, or what is there cannot be one."""


class DataFolderError(CommandError):
    """The data folder cannot be used."""


class ManifestError(CommandError):
    """A manifest cannot be used: the file, the field, what is wrong, what to write instead."""


class RedisServerError(CommandError):
    """The server could not be found, did not start, refused a request or ended."""


class LocalModeError(CommandError):
    """Local mode cannot begin; each of the problems is a reason."""


class GatewayError(CommandError):
    """An instance does not answer over HTTP, or refuses a request."""


class ClusterError(CommandError):
    """The cluster did not carry out a request."""


class SidecarPageError(ClusterError):
    """What the sidecar of a member says cannot be read."""
