"""The source of the key that signs a token, decided here alone, so that no token is signed with the wrong key."""

import sys
from dataclasses import dataclass
from pathlib import Path

import typer

from kuberedis_cli.cluster.commands import cluster_of
from kuberedis_cli.cluster.options import Access
from kuberedis_cli.errors import DataFolderError, KeyNotUsable, UsageError
from kuberedis_cli.local.data_folder import InstanceFolder, instance_folder, instances_with_keys
from kuberedis_cli.local.private_files import write_private
from kuberedis_cli.places import Place, place_of
from kuberedis_core.crd.names import check_name
from kuberedis_core.credentials import InstanceKey, check_key
from kuberedis_core.instance_secret import Signing
from kuberedis_core.revocations import revoke


@dataclass(frozen=True)
class KeySource:
    """Where the key of an instance is: in a file, on standard input, or with the instance."""

    place: Place
    key_file: Path | None = None
    key_stdin: bool = False

    def signing_of(self, name: str) -> Signing:
        """What tokens of the instance `name` are signed with.

        Raises:
            CommandError: There is no key, or it cannot be read.
            ValueError: No instance can have that name.
        """
        check_name(name)
        if self.key_stdin:
            return Signing((usable(sys.stdin.readline().strip()),))
        if self.key_file is not None:
            return Signing((usable(text_of(self.key_file)),))
        folder = self.place.folder
        return _in_cluster(self.place.access, name) if folder is None else in_folder(instance_folder(folder, name))

    def revoke(self, name: str, token_id: str, expires_at: int | None, now: float) -> None:
        """Add the id of a token to those that the instance `name` refuses.

        Args:
            name: Name of the instance.
            token_id: The id.
            expires_at: When the token expires, in seconds since 1970, if that is known.
            now: Current time, in seconds since 1970.

        Raises:
            CommandError: There is no such instance, or it cannot be written.
            ValueError: The id cannot be that of a token, or there are too many.
        """
        if self.place.folder is None:
            with cluster_of(self.place.access) as cluster:
                from kuberedis_cli.cluster.key import add_revoked

                return add_revoked(cluster, name, token_id, expires_at, now)
        folder = instance_folder(self.place.folder, name)
        text = revoke(in_folder(folder).revoked, token_id, expires_at, now)
        try:
            write_private(folder.revoked_file, text)
        except OSError as error:
            raise DataFolderError(f"{folder.revoked_file} cannot be written: {error.strerror}") from None


def key_source(
    context: typer.Context, access: Access, data_dir: Path | None, key_file: Path | None = None, *, key_stdin: bool = False
) -> KeySource:
    """The source that the options of a running command name; without any it is the place where instances are looked for.

    Raises:
        UsageError: They name two.
    """
    named = [
        *(["--key-file"] if key_file is not None else []),
        *(["--key-stdin"] if key_stdin else []),
        *(["--data-dir"] if data_dir is not None else []),
        *access.arguments()[:1],
    ]
    if len(named) > 1:
        raise UsageError(f"{named[0]} and {named[1]} are two sources of one key; leave one of them out")
    return KeySource(place_of(context, access, data_dir), key_file, key_stdin)


def in_folder(folder: InstanceFolder) -> Signing:
    """What tokens of an instance of local mode are signed with.

    Raises:
        KeyNotUsable: There is no key.
        DataFolderError: It cannot be read.
    """
    try:
        return Signing((usable(folder.read_key()),), folder.read_max_token_seconds(), folder.read_revoked())
    except (FileNotFoundError, NotADirectoryError):
        raise KeyNotUsable(_missing(folder.path.parent, folder.path.name)) from None
    except OSError as error:
        raise DataFolderError(f"{folder.path} cannot be read: {error.strerror}") from None


def _in_cluster(access: Access, name: str) -> Signing:
    with cluster_of(access) as cluster:
        from kuberedis_cli.cluster.key import read_signing

        found = read_signing(cluster, name)
    usable(found.keys[0])
    return found


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


def _missing(folder: Path, name: str) -> str:
    known = instances_with_keys(folder)
    there = f"it has keys of {', '.join(known)}" if known else "`kuberedis local` makes it"
    return (
        f"no key of an instance {name!r} in {folder} ({there}); name another, use --key-file or --key-stdin,"
        " or for an instance in a cluster --namespace"
    )
