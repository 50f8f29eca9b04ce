"""What things are called in the cluster: the resource, its children, their labels and annotations.

Nothing here but names, so that every other module can import it. A name follows from the instance's alone, and never changes: selectors
and volume claims of running instances hold on to it.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from kuberedis_core.crd.kind import GROUP

FIELD_MANAGER = "kuberedis-operator"
OPERATOR_ROLE = FIELD_MANAGER
"""The ClusterRole that the operator needs wherever its instances are."""

OPERATOR_LABELS = {"app.kubernetes.io/name": FIELD_MANAGER}
"""The labels that select the operator's own pod within its namespace."""
DASHBOARD_LABELS = {"app.kubernetes.io/name": "kuberedis-dashboard"}
"""The same of the dashboard's pods."""

MAX_NAME_LENGTH = 50
"""A StatefulSet NAME labels its pods with NAME and a hash of ten digits, and a label holds 63 characters."""

ROTATE_KEY = f"{GROUP}/rotate-key"
"""On an instance: any new text requests a new key."""
ROTATE_KEY_GRACE = f"{GROUP}/rotate-key-grace"
"""On an instance: time for which the previous key stays valid, such as `1h`, `30m` or `0s`."""
ROTATE_CA = f"{GROUP}/rotate-ca"
"""On an instance: any new text requests a new certificate authority of its members."""
RESTART = f"{GROUP}/restart"
"""On an instance: any new text requests a restart of its pods."""
PROMOTE = f"{GROUP}/promote"
"""On an instance whose primary is lost: name of the member that shall continue with the data that it has."""
RESTART_REQUEST = f"{GROUP}/restart-request"
"""On a pod and its template: stands for the value of `RESTART` by which the pod was made."""
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
"""On a template: written by `kubectl rollout restart`, and from there on the pods that are made after it."""
RESTART_HASH = f"{GROUP}/restart-hash"
"""On a pod and its template: a hash of everything that only a restart can change."""
APPLIED_HASH = f"{GROUP}/applied-hash"
"""On a child: a hash of what was rendered when it was last applied."""
REFRESHED_AT = f"{GROUP}/refreshed-at"
"""On a pod: a change of it makes the kubelet refresh the mounted files at once."""
PREVIOUS_KEY_EXPIRES_AT = f"{GROUP}/previous-key-expires-at"
"""On a Secret: when the previous key in it expires."""
MAX_TOKEN_SECONDS = f"{GROUP}/max-token-seconds"
"""On a Secret: the longest that a token signed with its key may be valid."""
REVOCATIONS_SEEN = f"{GROUP}/revocations-seen"
"""On a Secret: a hash of the revoked tokens in it when the operator saw it last."""

INSTANCE_LABEL = "app.kubernetes.io/instance"
"""On a child that goes with its instance, and on its pods: the name of the instance. Argo CD takes it for the name of an application."""
CLAIM_MARK = f"{GROUP}/instance"
"""On a PersistentVolumeClaim: the name of the instance whose data it holds. Without this mark none is mounted, changed or deleted."""
USED_BY = f"{GROUP}/used-by"
"""On a PersistentVolumeClaim: the uid of the instance that uses it, or did so last."""
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
"""On the same objects: `FIELD_MANAGER`."""

DATA_VOLUME = "data"
"""The volume of a pod with Redis' files, and so the claim template's name."""

DEFAULT_PATH_TEMPLATE = "/instances/{name}"
"""The base path of an instance, unless the operator's settings say otherwise."""

_BASE_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_INSTANCE_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")


class NamespacedName(NamedTuple):
    """Namespace and name, which identify an object of a kind."""

    namespace: str
    name: str


def check_name(value: object) -> str:
    """`value` itself if it is a name that an instance can have.

    Raises:
        ValueError: It is not; the text says what to write instead.
    """
    if not isinstance(value, str) or not _INSTANCE_NAME.fullmatch(value):
        raise ValueError(
            f"{value!r} is not a name of an instance; write lower-case letters, digits and '-',"
            " beginning with a letter and ending with a letter or digit"
        )
    if len(value) > MAX_NAME_LENGTH:
        raise ValueError(f"{value!r} has {len(value)} characters; write at most {MAX_NAME_LENGTH}")
    return value


def is_base_path(text: str) -> bool:
    """Whether `text` can be the path that all routes of an instance are below, such as `/instances/my-cache`."""
    return _BASE_PATH.fullmatch(text) is not None


Component = Literal["redis", "route", "credentials", "network", "image"]


def selector(name: str) -> dict[str, str]:
    """The labels that select the pod of the instance `name` within its namespace. They are immutable in a StatefulSet."""
    return {"app.kubernetes.io/name": "redis-http-instance", INSTANCE_LABEL: name}


def member_selector(name: str) -> dict[str, str]:
    """The labels that select the pods of the members of the instance `name`, and no other pod whatever it is for."""
    return {**selector(name), "app.kubernetes.io/component": "redis"}


def child_labels(name: str, component: Component) -> dict[str, str]:
    """The labels of a child of the instance `name`, by https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/."""
    return {
        **selector(name),
        "app.kubernetes.io/component": component,
        MANAGED_BY_LABEL: FIELD_MANAGER,
        "app.kubernetes.io/part-of": "kuberedis",
    }


def claim_labels(name: str) -> dict[str, str]:
    """The labels of a claim of the instance `name`, which outlives the instance."""
    return {**{key: value for key, value in child_labels(name, "redis").items() if key != INSTANCE_LABEL}, CLAIM_MARK: name}


def headless_service_name(name: str) -> str:
    """The Service that gives the pod of the instance `name` its DNS name."""
    return f"{name}-headless"


def http_service_name(name: str) -> str:
    """The Service in front of the sidecar of the instance `name`."""
    return f"{name}-http"


def secret_name(name: str) -> str:
    """The Secret with the key of the instance `name`."""
    return f"{name}-auth"


def password_secret_name(name: str) -> str:
    """The Secret with the password of Redis of the instance `name`."""
    return f"{name}-redis-password"


def replication_secret_name(name: str) -> str:
    """The Secret with the password that the members of the instance `name` have for each other."""
    return f"{name}-replication"


def authority_secret_name(name: str) -> str:
    """The Secret with the certificate authority of the instance `name`, which no pod mounts."""
    return f"{name}-ca"


def tls_secret_name(name: str) -> str:
    """The Secret with the certificate of the members of the instance `name`."""
    return f"{name}-tls"


def issued_secret_name(name: str) -> str:
    """The Secret that cert-manager writes for the instance `name`, and the Certificate that asks for it."""
    return f"{name}-cert-manager"


def member_service_name(name: str, ordinal: int) -> str:
    """The Service with the address of one member of the instance `name`."""
    return f"{name}-{ordinal}"


def disruption_budget_name(name: str) -> str:
    """The PodDisruptionBudget of the instance `name`."""
    return name


def config_map_name(name: str) -> str:
    """The ConfigMap with the configuration of the instance `name`."""
    return f"{name}-config"


def pod_name(name: str, ordinal: int = 0) -> str:
    """The pod of a member of the instance `name`, as its StatefulSet names it; ordinals begin with 0."""
    return f"{name}-{ordinal}"


def pod_names(name: str, replicas: int) -> list[str]:
    """The pods of all members of the instance `name`, which has `replicas` of them."""
    return [pod_name(name, ordinal) for ordinal in range(replicas)]


def image_pod_name(name: str) -> str:
    """The pod that pulls a new image of the instance `name` beside the pod that runs."""
    return f"{name}-image"


def claim_name(name: str, ordinal: int = 0) -> str:
    """The PersistentVolumeClaim of a member of the instance `name`, as its StatefulSet names it."""
    return f"{DATA_VOLUME}-{name}-{ordinal}"
