"""What the runtime needs of the reconciler of a kind, and what a reconcile returns to it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from kuberedis_core.crd.names import NamespacedName


@dataclass(frozen=True, slots=True)
class Requeue:
    """How a reconcile ended, and when the next one is due."""

    after_seconds: float | None = None
    """When something is due, such as the end of a previous key; None if only an event can change anything."""
    refused: bool = False
    """The API server refused something that it may accept later."""
    wrote: bool = False
    """Children were changed."""


class Reconciler(Protocol):
    """Makes the cluster match one object of a kind."""

    async def prepare(self) -> None:
        """Read what has to be known before the first claim."""

    def update_claims(self, key: NamespacedName) -> Collection[NamespacedName]:
        """Register what the object needs for itself alone, such as a path, or that it needs nothing any more.

        Called for every object before the first reconcile, and after each change of one.

        Returns:
            Keys of other objects whose reconcile may end differently now.
        """

    async def reconcile(self, key: NamespacedName) -> Requeue:
        """Reconcile one object; nothing is done if there is none of this key.

        Raises:
            ApiError: the API server was not available, or refused something that it accepts as a rule.
        """
