"""The events of an instance and of its children."""

from collections.abc import Iterator

from kubernetes.client import CoreV1Api, CoreV1Event

from kuberedis_core.crd.kind import KIND
from kuberedis_core.crd.names import claim_name, pod_name

_KINDS_OF_THAT_NAME = frozenset({KIND, "StatefulSet", "Ingress", "HTTPRoute", "NetworkPolicy"})
"""Kinds whose object of the instance's own name belongs to it; an object of another kind does not."""


def events_of(core: CoreV1Api, namespace: str, name: str, members: int) -> Iterator[CoreV1Event]:
    """The events of the instance `name`, which has so many members; raises the exceptions of the Kubernetes client."""
    for about in subjects(name, members):
        for event in core.list_namespaced_event(namespace, field_selector=f"involvedObject.name={about}").items:
            if is_about(event, name, members):
                yield event


def subjects(name: str, members: int) -> list[str]:
    """Names of the objects whose events are those of an instance."""
    return [name, *(made(name, ordinal) for ordinal in range(members) for made in (pod_name, claim_name))]


def is_about(event: CoreV1Event, name: str, members: int) -> bool:
    """Whether an event is one of the instance `name`, which has so many members."""
    about = event.involved_object
    return about.name in subjects(name, members) and (about.name != name or about.kind in _KINDS_OF_THAT_NAME)
