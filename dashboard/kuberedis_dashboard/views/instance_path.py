"""Where an instance's API is at its sidecar."""

from __future__ import annotations

from urllib.parse import urlsplit

from kuberedis_core.body import Body
from kuberedis_core.crd.names import DEFAULT_PATH_TEMPLATE, is_base_path


def base_path(instance: Body) -> str:
    """The path of the instance's URL, which the operator has put together and the sidecar knows; else that of the operator's defaults.

    Only a path: whatever the status of an object says, it leads to no other host.
    """
    try:
        path = urlsplit(str((instance.get("status") or {}).get("url") or "")).path
    except (AttributeError, ValueError):
        path = ""
    return path if is_base_path(path) else DEFAULT_PATH_TEMPLATE.format(name=instance["metadata"]["name"])
