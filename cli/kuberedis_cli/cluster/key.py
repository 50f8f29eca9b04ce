"""The Secret of an instance: its key, what tokens have to keep to, and the tokens that were revoked.

A key is returned to the caller, and is part of no message.
"""

import base64
from contextlib import suppress
from datetime import UTC, datetime

from kubernetes.client import CoreV1Api, V1Secret
from kubernetes.client.exceptions import ApiException

from kuberedis_cli.cluster.api_errors import is_conflict, is_not_found
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.instances import Instances
from kuberedis_cli.errors import ClusterError
from kuberedis_core.crd.names import REFRESHED_AT, pod_name, secret_name
from kuberedis_core.credentials import KEY_FILE, REVOKED_FILE, InstanceKey
from kuberedis_core.instance_secret import Signing, member_text, signing_of
from kuberedis_core.members import MEMBERS_OF_HIGH_AVAILABILITY
from kuberedis_core.revocations import revoke

_TRIES = 5
"""Others may change the Secret at the same time: somebody who revokes a token as well, and the operator."""


def read_key(cluster: Cluster, name: str) -> InstanceKey:
    """The key of the instance `name`; raises as `read_signing`."""
    return read_signing(cluster, name).keys[0]


def read_signing(cluster: Cluster, name: str) -> Signing:
    """The Secret of the instance `name`.

    Raises:
        ClusterError: There is no such instance, or it has no key yet.
    """
    secret = _read(cluster, name)
    found = signing_of(secret.data or {}, (secret.metadata.annotations if secret.metadata else None) or {})
    if found is None:
        raise ClusterError(f"Secret {secret_name(name)} has no usable {KEY_FILE}; delete it, and the operator makes a new one")
    return found


def add_revoked(cluster: Cluster, name: str, token_id: str, expires_at: int | None, now: float) -> None:
    """Add the id of a token to those that the instance `name` refuses.

    Args:
        cluster: Cluster and namespace of the instance.
        name: Name of the instance.
        token_id: The id.
        expires_at: When the token expires, in seconds since 1970, if that is known.
        now: Current time, in seconds since 1970.

    Raises:
        ClusterError: There is no such instance, or others keep changing its Secret.
        ValueError: The id cannot be that of a token, or there are too many.
    """
    for _ in range(_TRIES):
        secret = _read(cluster, name)
        text = revoke(member_text(secret.data or {}, REVOKED_FILE), token_id, expires_at, now)
        version = secret.metadata.resource_version if secret.metadata else None
        data = {REVOKED_FILE: base64.b64encode(text.encode()).decode()}
        try:
            CoreV1Api(cluster.api).patch_namespaced_secret(
                secret_name(name), cluster.namespace, {"metadata": {"resourceVersion": version}, "data": data}
            )
        except ApiException as error:
            if not is_conflict(error):
                raise
        else:
            return _refresh(cluster, name)
    raise ClusterError(f"Secret {secret_name(name)} is changed by others all the time; try again")


def _refresh(cluster: Cluster, name: str) -> None:
    """Let the kubelet mount the changed Secret now. For whoever may not, the operator does so, if the Secret is one of its own."""
    patch = {"metadata": {"annotations": {REFRESHED_AT: datetime.now(UTC).isoformat()}}}
    for ordinal in range(MEMBERS_OF_HIGH_AVAILABILITY):
        with suppress(ApiException):
            CoreV1Api(cluster.api).patch_namespaced_pod(pod_name(name, ordinal), cluster.namespace, patch)


def _read(cluster: Cluster, name: str) -> V1Secret:
    secret = secret_name(name)
    try:
        return CoreV1Api(cluster.api).read_namespaced_secret(secret, cluster.namespace)
    except ApiException as error:
        if not is_not_found(error):
            raise
        Instances(cluster).get(name)
        raise ClusterError(
            f"{name} has no key yet, for there is no Secret {secret}; `kuberedis status {name}` shows its progress"
        ) from None
