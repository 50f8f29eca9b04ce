"""Which image an instance's Redis comes from, and which version it is."""

from __future__ import annotations

from kuberedis_operator.settings import OperatorSettings
from kuberedis_operator.spec import InstanceSpec
from kuberedis_operator.versions import VALKEY


def version_of(spec: InstanceSpec, settings: OperatorSettings) -> str:
    """`status.version`, such as `8` or `valkey-8`; for an image of the user's own its tag, or `custom` if it has none."""
    if spec.image is None:
        return spec.version or settings.default_version
    _, _, tag = spec.image.partition("@")[0].rpartition("/")[2].partition(":")
    return tag or "custom"


def image_of(spec: InstanceSpec, settings: OperatorSettings) -> str:
    """The image of the container `redis`."""
    if spec.image is not None:
        return spec.image
    version = version_of(spec, settings)
    template = settings.valkey_image if version.startswith(VALKEY) else settings.redis_image
    return template.replace("{version}", version.removeprefix(VALKEY))
