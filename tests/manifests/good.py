"""Manifests that work: `kubectl apply` takes them, and so do the operator and local mode."""

SPECS: dict[str, dict[str, object]] = {
    "bytes as a number": {"capacity": 1073741824},
    "a fraction": {"capacity": "1.5Gi"},
    "powers of ten": {"capacity": "1e9"},
    "the smallest": {"capacity": "4Mi"},
    "all of the capacity as memory": {"maxmemory": "1024Mi"},
    "Redis 7.2": {"version": "7.2"},
    "a Redis to the last number": {"version": "8.2.1"},
    "the newest Redis 7": {"version": "7"},
    "a Redis of the future": {"version": "10.0"},
    "the first Valkey": {"version": "valkey-7.2"},
    "Valkey": {"version": "valkey-9"},
    "an image of a registry with a port": {"image": "registry.example.com:5000/team/redis:8.2.1-bookworm"},
    "an image by its digest": {"image": f"redis@sha256:{'0' * 64}"},
    "settings": {"config": {"appendfsync": "always", "hz": "20", "notify-keyspace-events": "", "maxmemory-clients": "10%"}},
    "no ingress": {"ingress": {"enabled": False}},
    "a route of a gateway": {"routing": "HTTPRoute"},
    "a host of one label": {"ingress": {"host": "localhost"}},
    "lines of requests": {"accessLog": True},
    "no network policy": {"networkPolicy": {"enabled": False}},
    "a container that is as large as it needs": {"resources": {"redis": {"limits": {"memory": "600Mi", "cpu": 2}}}},
    "bodies that the gateway has memory for": {
        "limits": {"maxBodyBytes": 104857600},
        "resources": {"sidecar": {"limits": {"memory": "1696Mi"}}},
    },
    "little memory for the gateway": {"resources": {"sidecar": {"limits": {"memory": "128Mi"}}}},
    "labels and annotations": {
        "podTemplate": {"labels": {"team": "", "app.kubernetes.io/version": "2"}, "annotations": {"sidecar.istio.io/inject": "true"}}
    },
    "a place": {
        "podTemplate": {
            "nodeSelector": {"kubernetes.io/arch": "amd64"},
            "affinity": {
                "nodeAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 1, "preference": {"matchExpressions": [{"key": "generation", "operator": "Gt", "values": ["3"]}]}}
                    ]
                },
                "podAntiAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [
                        {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "database"}}}
                    ]
                },
            },
            "tolerations": [{"operator": "Exists"}, {"key": "spot", "effect": "NoExecute", "tolerationSeconds": 60}],
            "priorityClassName": "system-node-critical",
            "imagePullSecrets": [{"name": "registry.example.com"}],
        }
    },
    "one member": {"replicas": 1},
    "three members": {"replicas": 3},
    "a patient failover": {"replicas": 3, "failover": {"detectAfterSeconds": 30}},
    "certificates of the operator": {"replicas": 3, "tls": {"mode": "Managed"}},
    "certificates of cert-manager": {"replicas": 3, "tls": {"mode": "CertManager", "issuerRef": {"name": "team-ca"}}},
    "certificates of an issuer of another group": {
        "tls": {"mode": "CertManager", "issuerRef": {"name": "ca", "kind": "ClusterIssuer", "group": "issuers.example.com"}}
    },
    "certificates of one's own": {"replicas": 3, "tls": {"mode": "Secret", "secretName": "my-cache-certificates"}},
    "pages of two origins": {"limits": {"corsOrigins": ["https://app.example.com", "http://localhost:5173"]}},
    "pages of previews": {"limits": {"corsOrigins": ["https://*.vercel.app", "http://*.localhost:3000", "http://[::1]:8080"]}},
    "pages of all origins": {"limits": {"corsOrigins": ["*"]}},
}
"""Members of a spec, beside a capacity of 1Gi, by what is special about them."""
