"""The kinds that the operator reads or writes, each declared once, and which of them it watches."""

from __future__ import annotations

from kuberedis_core.api_kind import Kind
from kuberedis_core.crd.kind import API_VERSION, KIND, PLURAL

INSTANCE = Kind(API_VERSION, KIND, PLURAL)

STATEFUL_SET = Kind("apps/v1", "StatefulSet", "statefulsets")
SERVICE = Kind("v1", "Service", "services")
SECRET = Kind("v1", "Secret", "secrets")
CONFIG_MAP = Kind("v1", "ConfigMap", "configmaps")
INGRESS = Kind("networking.k8s.io/v1", "Ingress", "ingresses")
HTTP_ROUTE = Kind("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes")
NETWORK_POLICY = Kind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies")
CERTIFICATE = Kind("cert-manager.io/v1", "Certificate", "certificates")
DISRUPTION_BUDGET = Kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets")
POD = Kind("v1", "Pod", "pods")
CLAIM = Kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims")

STORAGE_CLASS = Kind("storage.k8s.io/v1", "StorageClass", "storageclasses")
GATEWAY = Kind("gateway.networking.k8s.io/v1", "Gateway", "gateways")
EVENT = Kind("events.k8s.io/v1", "Event", "events")
"""The kind that Events are written as."""
CORE_EVENT = Kind("v1", "Event", "events")
"""The kind that Events are read as: only here can they be selected by their type."""

CHILDREN = (SECRET, CONFIG_MAP, SERVICE, NETWORK_POLICY, DISRUPTION_BUDGET, STATEFUL_SET, INGRESS, HTTP_ROUTE, CERTIFICATE, POD, CLAIM)
"""Children of an instance, and what a StatefulSet makes for them. All carry the operator's label, by which they are watched."""
