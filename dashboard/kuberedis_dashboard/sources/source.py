"""What every source of instances has in common: it shows its user what they may see, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Protocol, TypeAlias

from kuberedis_core.body import Body
from kuberedis_core.instance_secret import Signing
from kuberedis_dashboard.kube.client import User
from kuberedis_dashboard.kube.credential import CredentialSource
from kuberedis_dashboard.live.following import Away, Happening, Listed
from kuberedis_dashboard.views.instance_page import InstancePage


class Source(Protocol):
    """The instances that one user may see. Each is an object as the API server has it."""

    async def whoami(self) -> User:
        """Who the user is.

        Raises:
            SignedOut: The credential is not accepted.
        """
        ...

    async def may(self, verb: str, resource: str, namespace: str | None, name: str = "") -> bool:
        """Whether the user may do that, in terms of the Kubernetes API; what they may not do is not offered."""
        ...

    async def list_all(self, namespace: str | None) -> Listed:
        """All instances of a namespace; of all namespaces if that is None.

        Raises:
            NotAllowed: The user may not list them.
        """
        ...

    def follow(self, namespace: str | None) -> AsyncIterator[Happening]:
        """The same, and then what happens to them, for ever; raises as `list_all`."""
        ...

    async def get_instance(self, namespace: str, name: str) -> Body:
        """One instance.

        Raises:
            NotFound: There is none.
            NotAllowed: The user may not see it.
        """
        ...

    def follow_one(self, namespace: str, name: str) -> AsyncIterator[Body | Away]:
        """The same, and then each state of it, until it is gone; raises as `get_instance`."""
        ...

    async def read_page(self, instance: Body) -> InstancePage:
        """Everything that the page of an instance shows but its figures."""
        ...

    async def read_signing(self, namespace: str, name: str) -> Signing:
        """The key of an instance.

        Raises:
            NotFound: There is no key yet.
            NotAllowed: The user may not read it.
        """
        ...


Sources: TypeAlias = Callable[[CredentialSource], Source]
"""Makes the source of the user who has a credential, for one request."""
