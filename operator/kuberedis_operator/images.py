"""Which image an instance's Redis comes from, and which version it is."""

from __future__ import annotations

from kuberedis_operator.settings import OperatorSettings
from kuberedis_operator.spec import InstanceSpec


def version_of(spec: InstanceSpec, settings: OperatorSettings) -> str:
    """`status.version`: such as `8` or `valkey-8`; of an image of the user's own, what it is called."""
    raise NotImplementedError


def image_of(spec: InstanceSpec, settings: OperatorSettings) -> str:
    """The image of the container `redis`."""
    raise NotImplementedError
