"""What deleting an instance does to its data. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kuberedis_core.body import Body
from kuberedis_core.crd.names import claim_name
from kuberedis_core.crd.spec import InvalidSpec, read_spec


@dataclass(frozen=True, slots=True)
class Deletion:
    """What goes and what stays when an instance is deleted."""

    loses_data: bool
    data: str
    """What becomes of the data, in a sentence."""
    claims: tuple[str, ...]
    """The claims of its volumes."""
    afterwards: str
    """How to get the data back, or rid of the volume."""


GOES = "Its pods, its URL, its key and with it every token, end at once."


def deletion_of(instance: Body) -> Deletion:
    """What deleting an instance does."""
    metadata = instance["metadata"]
    namespace, name = str(metadata["namespace"]), str(metadata["name"])
    try:
        spec = read_spec(instance.get("spec"))
    except InvalidSpec:
        return Deletion(True, "Its spec cannot be read, so it is not clear what becomes of its volume.", (), "")
    if spec.persistence == "none":
        return Deletion(True, "It has no volume: its data are in memory only, and are lost.", (), "")
    claims = tuple(claim_name(name, ordinal) for ordinal in range(spec.replicas))
    many = len(claims) > 1
    if spec.deletion_policy == "Delete":
        return Deletion(True, f"Its {'volumes are' if many else 'volume is'} deleted with all data (deletionPolicy: Delete).", claims, "")
    command = f"kubectl -n {namespace} delete pvc {' '.join(claims)}"
    return Deletion(
        False,
        f"Its {'volumes stay' if many else 'volume stays'} with all data (deletionPolicy: Retain).",
        claims,
        f"A new instance called {name} finds the data. To delete them for good: {command}",
    )
