"""The kinds that the operator reads or writes, and which of them it watches."""

from __future__ import annotations

from kuberedis_operator.api import Resource
from kuberedis_operator.names import API_VERSION, KIND, PLURAL

INSTANCE = Resource(API_VERSION, KIND, PLURAL)

STATEFUL_SET = Resource("apps/v1", "StatefulSet", "statefulsets")
SERVICE = Resource("v1", "Service", "services")
SECRET = Resource("v1", "Secret", "secrets")
CONFIG_MAP = Resource("v1", "ConfigMap", "configmaps")
INGRESS = Resource("networking.k8s.io/v1", "Ingress", "ingresses")
HTTP_ROUTE = Resource("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes")
NETWORK_POLICY = Resource("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies")
POD = Resource("v1", "Pod", "pods")
CLAIM = Resource("v1", "PersistentVolumeClaim", "persistentvolumeclaims")

STORAGE_CLASS = Resource("storage.k8s.io/v1", "StorageClass", "storageclasses")
GATEWAY = Resource("gateway.networking.k8s.io/v1", "Gateway", "gateways")
CORE_EVENT = Resource("v1", "Event", "events")

WATCHED = (SECRET, CONFIG_MAP, SERVICE, NETWORK_POLICY, STATEFUL_SET, INGRESS, HTTP_ROUTE, POD, CLAIM)
"""Children, and what a StatefulSet makes for them; all carry the operator's label."""
