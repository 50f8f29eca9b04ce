"""The source of the key that signs a token, decided here alone, so that no token is signed with the wrong key."""

import sys
from dataclasses import dataclass
from pathlib import Path

from kuberedis_cli.cluster.commands import cluster_of
from kuberedis_cli.cluster.options import Access
from kuberedis_cli.errors import KeyNotUsable, UsageError
from kuberedis_cli.local.data_folder import DEFAULT_DATA_FOLDER, instance_folder, instances_with_keys
from kuberedis_core.credentials import InstanceKey, check_key


@dataclass(frozen=True)
class KeySource:
    """The options that name the source of the key; without any it is the data folder, or for the plugin of kubectl the cluster."""

    access: Access
    key_file: Path | None
    key_stdin: bool
    data_dir: Path | None
    is_plugin: bool

    def __post_init__(self) -> None:
        named = [
            *(["--key-file"] if self.key_file is not None else []),
            *(["--key-stdin"] if self.key_stdin else []),
            *(["--data-dir"] if self.data_dir is not None else []),
            *self.access.arguments()[:1],
        ]
        if len(named) > 1:
            raise UsageError(f"{named[0]} and {named[1]} are two sources of one key; leave one of them out")

    def key_of(self, name: str) -> InstanceKey:
        """The key of the instance `name`.

        Raises:
            CommandError: There is none, or it cannot be read.
        """
        folder = self.data_dir or DEFAULT_DATA_FOLDER
        key_file = instance_folder(folder, name).key_file
        if self.key_stdin:
            return usable(sys.stdin.readline().strip())
        if self.key_file is not None:
            return usable(text_of(self.key_file))
        if self.access.given or (self.is_plugin and self.data_dir is None):
            return usable(_key_in_cluster(self.access, name))
        if not key_file.exists():
            raise KeyNotUsable(_missing(folder, name))
        return usable(text_of(key_file))


def usable(text: str) -> InstanceKey:
    """`text` itself if it can be the key of an instance.

    Raises:
        KeyNotUsable: It cannot.
    """
    try:
        return check_key(text)
    except ValueError as error:
        raise KeyNotUsable(f"that is not the key of an instance, it has {len(text)} characters: {error}") from None


def text_of(path: Path) -> str:
    """The text of a file that holds a key or a token, without white space around it.

    Raises:
        KeyNotUsable: It cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise KeyNotUsable(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KeyNotUsable(f"{path}: not a key, which is text") from None


def _key_in_cluster(access: Access, name: str) -> InstanceKey:
    with cluster_of(access) as cluster:
        from kuberedis_cli.cluster.key import read_key

        return read_key(cluster, name)


def _missing(folder: Path, name: str) -> str:
    known = instances_with_keys(folder)
    there = f"it has keys of {', '.join(known)}" if known else "`kuberedis local` makes it"
    return (
        f"no key of an instance {name!r} in {folder} ({there}); name another, use --key-file or --key-stdin,"
        " or for an instance in a cluster --namespace"
    )
