"""The settings of the sidecar that serves an instance of local mode."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kuberedis_cli.local.data_folder import InstanceFolder
from kuberedis_core import sidecar_environment as variables
from kuberedis_core.crd.spec import InstanceSpec
from kuberedis_core.environment import PREFIX
from kuberedis_sidecar.settings import Settings

_OWN_VARIABLES = frozenset(
    {
        variables.BASE_PATH,
        variables.LISTEN,
        variables.REDIS_GUARD,
        variables.REDIS_PASSWORD_FILE,
        variables.REDIS_SETTINGS_FILE,
        variables.MEMBER,
        variables.MEMBERS_FILE,
        variables.SENTINEL_URL,
        variables.REPLICATION_PASSWORD_FILE,
        variables.TLS_DIR,
        variables.RUN_DIR,
        variables.DETECT_AFTER_SECONDS,
        variables.WORKERS,
    }
)
"""Settings that local mode decides."""


def sidecar_settings(
    environ: Mapping[str, str],
    name: str,
    spec: InstanceSpec,
    redis_url: str,
    guard: Path,
    folder: InstanceFolder,
    of_member: Mapping[str, str],
) -> Settings:
    """Settings of the sidecar of one instance.

    `spec.limits` counts before the environment, which holds for all instances: a manifest has here the effect that it has in a cluster.

    Args:
        environ: Environment of this process.
        name: Name of the instance.
        spec: Its spec.
        redis_url: Address of its server.
        guard: FIFO that has its server killed.
        folder: Its part of the data folder.
        of_member: Variables of a sidecar that has other members beside it; empty if there are none.

    Raises:
        ValueError: A variable does not fit.
    """
    inherited = {name: value for name, value in environ.items() if name.startswith(PREFIX) and name not in _OWN_VARIABLES}
    return Settings.from_environ(
        {
            variables.ACCESS_LOG: "false",
            variables.MEMORY_BYTES: str(spec.sidecar_memory),
            **inherited,
            **spec.limits,
            variables.INSTANCE: name,
            variables.REDIS_URL: redis_url,
            variables.REDIS_GUARD: str(guard),
            variables.AUTH_DIR: str(folder.auth.resolve()),
            **of_member,
        }
    )
