"""Where the key that signs a token comes from. The one place that decides, so that a token never is of another key than was meant."""

import sys
from dataclasses import dataclass
from pathlib import Path

from kuberedis_cli.cluster.commands import cluster_of
from kuberedis_cli.cluster.options import Access
from kuberedis_cli.local.data_folder import DEFAULT_DATA_FOLDER, instance_folder, instances_with_keys

MIN_KEY_LENGTH = 32


class TwoSourcesError(Exception):
    """More than one source was named; the text says which."""


@dataclass(frozen=True)
class KeySource:
    """What the options say of where the key is; nothing said is the data folder, or for the plugin of kubectl the cluster."""

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
            raise TwoSourcesError(f"{named[0]} and {named[1]} are two sources of one key; leave one of them out")

    def key_of(self, name: str) -> str:
        """The key of the instance `name`. A cluster that refuses it ends the command.

        Raises ValueError or DataFolderError when there is none; the text says what to do.
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
            raise ValueError(_missing(folder, name))
        return usable(text_of(key_file))


def usable(key: str) -> str:
    """The key, when it can be one. Raises ValueError otherwise."""
    if len(key) < MIN_KEY_LENGTH:
        raise ValueError(f"that is no instance key: it has {len(key)} characters, and a key has at least {MIN_KEY_LENGTH}")
    return key


def text_of(path: Path) -> str:
    """What a file holds, less white space around it. Raises ValueError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: not a key, which is text") from None


def _key_in_cluster(access: Access, name: str) -> str:
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
