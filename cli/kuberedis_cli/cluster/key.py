"""The key of an instance, from its Secret. It is returned to the caller, and is part of no message."""

import base64
import binascii

from kubernetes.client import CoreV1Api
from kubernetes.client.exceptions import ApiException

from kuberedis_cli.cluster.api_errors import is_not_found
from kuberedis_cli.cluster.connection import Cluster
from kuberedis_cli.cluster.instances import Instances
from kuberedis_cli.errors import ClusterError
from kuberedis_core.crd.names import secret_name
from kuberedis_core.credentials import KEY_FILE, InstanceKey


def read_key(cluster: Cluster, name: str) -> InstanceKey:
    """The key of the instance `name`.

    Raises:
        ClusterError: There is no such instance, or it has no key yet.
    """
    secret = secret_name(name)
    try:
        data = CoreV1Api(cluster.api).read_namespaced_secret(secret, cluster.namespace).data or {}
    except ApiException as error:
        if not is_not_found(error):
            raise
        Instances(cluster).get(name)
        raise ClusterError(
            f"{name} has no key yet, for there is no Secret {secret}; `kuberedis status {name}` shows its progress"
        ) from None
    try:
        key = base64.b64decode(data.get(KEY_FILE, ""), validate=True).decode("ascii").strip()
    except (binascii.Error, UnicodeDecodeError):
        key = ""
    if not key:
        raise ClusterError(f"Secret {secret} has no usable {KEY_FILE}; delete it, and the operator makes a new one")
    return InstanceKey(key)
