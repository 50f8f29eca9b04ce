"""Where an instance answers, by the rule of places: from the running `kuberedis local`, or from its status in a cluster."""

from __future__ import annotations

from kuberedis_cli.cluster.commands import cluster_of
from kuberedis_cli.errors import ClusterError, LocalModeError
from kuberedis_cli.places import Place


def url_of(place: Place, name: str) -> str:
    """The URL of the instance `name`.

    Raises:
        CommandError: There is no such instance, or it has no URL; the text says what to do.
    """
    if place.folder is not None:
        from kuberedis_cli.local.running import known_instance

        status = known_instance(place.folder, name)
        if status is None:
            raise LocalModeError(f"{name} does not run now; start `kuberedis local` with the data folder {place.folder}")
        return status.url
    with cluster_of(place.access) as cluster:
        from kuberedis_cli.cluster.instances import Instances

        instance = Instances(cluster).get(name)
    url = instance.get("status", {}).get("url")
    if isinstance(url, str) and url.isprintable() and url and " " not in url:
        return url
    raise ClusterError(
        f"{name} has no URL yet, or none at all because spec.ingress.enabled is false; `kuberedis status {name}` says which, and"
        f" `kuberedis proxy {name}` reaches it without one"
    )
