"""Specs that ask for what reaches beyond their namespace, each with the setting and the pattern that allows it; and some that do not."""

from typing import Any

_HARD, _SOFT = "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"


def _issued_by(kind: str) -> dict[str, Any]:
    return {"replicas": 3, "tls": {"mode": "CertManager", "issuerRef": {"name": "issuer", "kind": kind}}}


def _pod(**template: Any) -> dict[str, Any]:
    return {"podTemplate": template}


def _annotated(key: str, value: str = "x") -> dict[str, Any]:
    return {"ingress": {"annotations": {key: value}}}


def _apart(**term: Any) -> dict[str, Any]:
    return _pod(affinity={"podAntiAffinity": {_HARD: [{"topologyKey": "kubernetes.io/hostname", **term}]}})


def _nodes(kind: str, expression: dict[str, Any]) -> dict[str, Any]:
    terms: Any = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    return _pod(
        affinity={"nodeAffinity": {kind: terms if kind == _HARD else [{"weight": 1, "preference": {"matchExpressions": [expression]}}]}}
    )


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "configuration of nginx": (
        _annotated("nginx.ingress.kubernetes.io/server-snippet", "return 200;"),
        "ROUTE_ANNOTATIONS",
        "nginx.ingress.kubernetes.io/*",
    ),
    "redirect of authentication": (
        _annotated("nginx.ingress.kubernetes.io/auth-url", "https://evil.example.com"),
        "ROUTE_ANNOTATIONS",
        "nginx.ingress.kubernetes.io/auth-url",
    ),
    "configuration in a harmless annotation": (
        _annotated("nginx.ingress.kubernetes.io/proxy-body-size", "1m; } location / { return 200"),
        "ROUTE_ANNOTATIONS",
        "nginx.ingress.kubernetes.io/proxy-body-size",
    ),
    "a middleware of others": (
        _annotated("traefik.ingress.kubernetes.io/router.middlewares", "shop-auth@kubernetescrd"),
        "ROUTE_ANNOTATIONS",
        "traefik.ingress.kubernetes.io/*",
    ),
    "the certificate of the shared host, issued anew": (
        _annotated("cert-manager.io/cluster-issuer", "letsencrypt"),
        "ROUTE_ANNOTATIONS",
        "cert-manager.io/cluster-issuer",
    ),
    "a name in the DNS": (_annotated("external-dns.alpha.kubernetes.io/hostname", "shop.example.com"), "ROUTE_ANNOTATIONS", "*"),
    "another controller": ({"ingress": {"className": "internal"}}, "INGRESS_CLASSES", "internal"),
    "the certificate of the shared host": ({"ingress": {"tlsSecretName": "mine"}}, "TLS_SECRETS", "mine"),
    "an issuer of all namespaces": (_issued_by("ClusterIssuer"), "ISSUER_KINDS", "ClusterIssuer"),
    "an image": ({"image": "registry.example.com/miner:1"}, "IMAGES", "registry.example.com/*"),
    "a label that a Service selects": (_pod(labels={"app": "payments"}), "POD_LABELS", "app"),
    "an annotation with credentials": (_pod(annotations={"iam.amazonaws.com/role": "admin"}), "POD_ANNOTATIONS", "iam.amazonaws.com/*"),
    "preemption": (_pod(priorityClassName="system-node-critical"), "PRIORITY_CLASSES", "system-*"),
    "reserved nodes": (_pod(tolerations=[{"key": "dedicated", "operator": "Exists"}]), "TOLERATIONS", "dedicated"),
    "all reserved nodes": (_pod(tolerations=[{"key": "a"}, {"operator": "Exists"}]), "TOLERATIONS", "*"),
    "a node": (_pod(nodeSelector={"kubernetes.io/hostname": "node-1"}), "NODE_LABELS", "kubernetes.io/hostname"),
    "a node by affinity": (_nodes(_HARD, {"key": "team", "operator": "Exists"}), "NODE_LABELS", "team"),
    "a node by preference": (_nodes(_SOFT, {"key": "team", "operator": "Exists"}), "NODE_LABELS", "team"),
    "keeping pods of others off a node": (_apart(namespaces=["shop"]), "AFFINITY_NAMESPACES", "shop"),
    "keeping all pods off a node": (_apart(namespaceSelector={}), "AFFINITY_NAMESPACES", "*"),
}

ALLOWED_BY_DEFAULT: dict[str, dict[str, Any]] = {
    "nothing": {},
    "empty members": {"podTemplate": {"labels": {}, "tolerations": []}, "ingress": {"annotations": {}}},
    "members that are null": {"podTemplate": None, "ingress": None, "image": None},
    "a time limit": _annotated("projectcontour.io/response-timeout", "infinity"),
    "a body size": _annotated("nginx.ingress.kubernetes.io/proxy-body-size", "20m"),
    "a certificate for a host": {"ingress": {"host": "mine.example.com", "tlsSecretName": "mine"}},
    "an issuer of the namespace": _issued_by("Issuer"),
    "a zone": _pod(nodeSelector={"topology.kubernetes.io/zone": "a"}),
    "pods of its own apart": _apart(labelSelector={"matchLabels": {"app.kubernetes.io/part-of": "kuberedis"}}),
    "credentials for a registry": _pod(imagePullSecrets=[{"name": "login"}]),
}
