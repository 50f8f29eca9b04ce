"""Version and image of an instance's Redis."""

from __future__ import annotations

from kuberedis_core.crd.spec import InstanceSpec
from kuberedis_core.crd.versions import VALKEY
from kuberedis_operator.settings import OperatorSettings


def version_of(spec: InstanceSpec, settings: OperatorSettings) -> str:
    """`status.version`, such as `8` or `valkey-8`, or the image if the spec names one."""
    return spec.image or spec.version or settings.default_version


def image_of(spec: InstanceSpec, settings: OperatorSettings) -> str:
    """The image of the container `redis`."""
    if spec.image is not None:
        return spec.image
    version = spec.version or settings.default_version
    template = settings.valkey_image if version.startswith(VALKEY) else settings.redis_image
    return template.replace("{version}", version.removeprefix(VALKEY))
