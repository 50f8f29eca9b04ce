"""Manifests that cannot work: `kubectl apply` refuses them, and so do the operator and local mode."""

BYTES = "write a quantity of bytes, for example 512Mi or 1Gi"
NAME = "write lower-case letters, digits and '-', beginning with a letter and ending with a letter or digit"
OBJECT_NAME = "write the name of an object, of lower-case letters, digits, '-' and '.', or leave the field out"
HOST = "write a host name in lower case such as redis.example.com, without https://, port, path or '*'"
VERSION = 'write a version of Redis from 7.2 on, such as "8" or "7.4.1", or of Valkey, such as "valkey-8"'
IMAGE = "write the reference of an image, for example registry.example.com/redis:8.2.1"
LISTENING = "Redis listens only for the gateway in its own pod: write spec.ingress for clients and TLS, and remove bind, port"
FILES = "which files are written, and where, follows from spec.persistence: write aof, rdb or none there"
USERS = "the key in the Secret NAME-auth, and tokens signed with it, say who may do what: write tokens, and remove requirepass"
REPLICATION = "the members of an instance follow each other as spec.replicas says: write that, and remove replicaof"
ONE_DATABASE = "an instance has database 0 only, and no command selects another"
NO_FILES = "the container has no files but the image and the data: write each setting here"
IN_A_CONTAINER = "Kubernetes runs Redis and keeps its log: read `kubectl logs NAME-0 -c redis`, and remove daemonize"
COMMANDS = "the gateway needs the commands as they are: write tokens with acl to narrow what clients may do"
AMOUNT = "write a quantity, for example 500m for half a processor, or 256Mi of memory"
ANNOTATION_KEY = "write keys of the form NAME or example.com/NAME"
OURS = "these annotations are the operator's"
LABELS = "Services and the operator find the pod by them; write a key of your own, such as example.com/team"
ORIGIN = "write an origin such as https://app.example.com or https://*.example.com, in lower case, without a path"


def term(**condition: object) -> dict[str, object]:
    """A pod template that asks for nodes by one condition on a label."""
    terms = [{"matchExpressions": [{"key": "zone", **condition}]}]
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}}


SPECS: dict[str, tuple[dict[str, object], str, str]] = {
    "a unit that is none": ({"capacity": "1GB"}, "spec.capacity", BYTES),
    "a number with a space": ({"capacity": "1 Gi"}, "spec.capacity", BYTES),
    "no number": ({"capacity": "big"}, "spec.capacity", BYTES),
    "parts of a byte": ({"capacity": "99999999999m"}, "spec.capacity", BYTES),
    "more than there are bytes": ({"capacity": "9Ei"}, "spec.capacity", BYTES),
    "less than nothing": ({"capacity": "-1Gi"}, "spec.capacity", BYTES),
    "nothing": ({"capacity": 0}, "spec.capacity", "write at least 4Mi, for example 64Mi"),
    "too small for Redis": ({"capacity": "3Mi"}, "spec.capacity", "write at least 4Mi, for example 64Mi"),
    "no text and no whole number": ({"capacity": 1.5}, "spec.capacity", "must be of type integer,string"),
    "more memory than volume": ({"maxmemory": "2Gi"}, "spec.maxmemory", "write at most the capacity, better half of it"),
    "too little memory": ({"maxmemory": "1Mi"}, "spec.maxmemory", "write a quantity of bytes from 2Mi on, for example 512Mi"),
    "memory in a unit that is none": ({"maxmemory": "512MB"}, "spec.maxmemory", "write a quantity of bytes from 2Mi on"),
    "a policy that Redis does not have": (
        {"evictionPolicy": "lru"},
        "spec.evictionPolicy",
        'supported values: "noeviction", "allkeys-lru"',
    ),
    "persistence that is none": ({"persistence": "disk"}, "spec.persistence", 'supported values: "aof", "rdb", "none"'),
    "a class in upper case": ({"storageClassName": "Fast"}, "spec.storageClassName", OBJECT_NAME),
    "an empty class": ({"storageClassName": ""}, "spec.storageClassName", OBJECT_NAME),
    "an old Redis": ({"version": "6.2"}, "spec.version", VERSION),
    "a Redis just too old": ({"version": "7.0.15"}, "spec.version", VERSION),
    "the newest Redis": ({"version": "latest"}, "spec.version", VERSION),
    "a Valkey before the first": ({"version": "valkey-7.1"}, "spec.version", VERSION),
    "a version without quotes": ({"version": 8}, "spec.version", "must be of type string"),
    "an image and a version": ({"image": "redis:8", "version": "8"}, "spec.version", "write version or image, not both"),
    "an image with a scheme": ({"image": "https://registry.example.com/redis"}, "spec.image", IMAGE),
    "an empty image": ({"image": ""}, "spec.image", IMAGE),
    "a number as setting": ({"config": {"maxclients": 100}}, "spec.config.maxclients", "must be of type string"),
    "a setting in upper case": ({"config": {"Bind": "127.0.0.1"}}, "spec.config", "write the names of settings as redis.conf has them"),
    "two lines in the name of a setting": ({"config": {"hz 10\nport": "1"}}, "spec.config", "write the names of settings"),
    "two lines in a setting": ({"config": {"hz": "10\nport 7000"}}, "spec.config[hz]", "write the value on one line"),
    "memory as setting": ({"config": {"maxmemory": "1gb"}}, "spec.config", "write spec.maxmemory"),
    "eviction as setting": ({"config": {"maxmemory-policy": "allkeys-lru"}}, "spec.config", "follows from spec.evictionPolicy: write that"),
    "a container's limit below maxmemory": (
        {"maxmemory": "900Mi", "resources": {"redis": {"limits": {"memory": "800Mi"}}}},
        "spec.resources.redis.limits.memory",
        "write more than maxmemory",
    ),
    "a container's limit below half of the capacity": (
        {"resources": {"redis": {"limits": {"memory": "512Mi"}}}},
        "spec.resources.redis.limits.memory",
        "write more than maxmemory",
    ),
    "a processor that is no quantity": (
        {"resources": {"sidecar": {"requests": {"cpu": "half"}}}},
        "resources.sidecar.requests.cpu",
        AMOUNT,
    ),
    "negative memory": ({"resources": {"sidecar": {"limits": {"memory": "-1Gi"}}}}, "spec.resources.sidecar.limits.memory", AMOUNT),
    "more processors asked for than allowed": (
        {"resources": {"sidecar": {"requests": {"cpu": 2}, "limits": {"cpu": "1500m"}}}},
        "spec.resources.sidecar.requests.cpu",
        "write at most what limits.cpu says",
    ),
    "more memory asked for than allowed": (
        {"resources": {"redis": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}}}},
        "spec.resources.redis.requests.memory",
        "write at most what limits.memory says",
    ),
    "more disk asked for than allowed": (
        {"resources": {"redis": {"requests": {"ephemeral-storage": "2Gi"}, "limits": {"ephemeral-storage": "1Gi"}}}},
        "spec.resources.redis.requests.ephemeral-storage",
        "write at most what limits.ephemeral-storage says",
    ),
    "a URL as host": ({"ingress": {"host": "https://redis.example.com"}}, "spec.ingress.host", HOST),
    "a host in upper case": ({"ingress": {"host": "Redis.example.com"}}, "spec.ingress.host", HOST),
    "every host of a domain": ({"ingress": {"host": "*.example.com"}}, "spec.ingress.host", HOST),
    "an address as host": ({"ingress": {"host": "10.0.0.1"}}, "spec.ingress.host", HOST),
    "a class of controllers in upper case": ({"ingress": {"className": "NGINX"}}, "spec.ingress.className", OBJECT_NAME),
    "a path as Secret": ({"ingress": {"tlsSecretName": "default/tls"}}, "spec.ingress.tlsSecretName", OBJECT_NAME),
    "a class as annotation": (
        {"ingress": {"annotations": {"kubernetes.io/ingress.class": "nginx"}}},
        "spec.ingress.annotations",
        "write ingress.className",
    ),
    "an annotation of the operator": ({"ingress": {"annotations": {"cache.yourcompany.com/x": "text"}}}, "spec.ingress.annotations", OURS),
    "an annotation with a space": ({"ingress": {"annotations": {"rate limit": "5"}}}, "spec.ingress.annotations", ANNOTATION_KEY),
    "a kind of route that is none": ({"routing": "Gateway"}, "spec.routing", 'supported values: "Ingress", "HTTPRoute"'),
    "a deletion policy that is none": ({"deletionPolicy": "Keep"}, "spec.deletionPolicy", 'supported values: "Retain", "Delete"'),
    "text for yes": ({"paused": "yes"}, "spec.paused", "must be of type boolean"),
    "a label of the operator": ({"podTemplate": {"labels": {"app.kubernetes.io/name": "x"}}}, "spec.podTemplate.labels", LABELS),
    "a label of StatefulSets": ({"podTemplate": {"labels": {"statefulset.kubernetes.io/pod-name": "x"}}}, "podTemplate.labels", LABELS),
    "a label with a space": (
        {"podTemplate": {"labels": {"team": "check out"}}},
        "spec.podTemplate.labels[team]",
        "write letters, digits, '-', '_' and '.'",
    ),
    "a pod's annotation of the operator": (
        {"podTemplate": {"annotations": {"cache.yourcompany.com/restart-hash": "x"}}},
        "spec.podTemplate.annotations",
        OURS,
    ),
    "a selector with a space": ({"podTemplate": {"nodeSelector": {"my zone": "a"}}}, "spec.podTemplate.nodeSelector", ANNOTATION_KEY),
    "a condition without values": (
        {"podTemplate": term(operator="In")},
        "matchExpressions[0]",
        "write one or more values for In and NotIn",
    ),
    "a condition with values too many": ({"podTemplate": term(operator="Exists", values=["a"])}, "matchExpressions[0]", "remove values"),
    "a comparison with a word": (
        {"podTemplate": term(operator="Gt", values=["a"])},
        "matchExpressions[0]",
        "write one value, a whole number",
    ),
    "an unknown condition": ({"podTemplate": term(operator="Is")}, "operator", 'supported values: "In", "NotIn", "Exists"'),
    "a toleration of nothing": (
        {"podTemplate": {"tolerations": [{"effect": "NoSchedule"}]}},
        "spec.podTemplate.tolerations[0]",
        "write a key, or operator: Exists for all taints",
    ),
    "a toleration of any value, and of one": (
        {"podTemplate": {"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}},
        "spec.podTemplate.tolerations[0]",
        "remove value, or write operator: Equal",
    ),
    "a time for a taint that never ends": (
        {"podTemplate": {"tolerations": [{"key": "a", "effect": "NoSchedule", "tolerationSeconds": 5}]}},
        "spec.podTemplate.tolerations[0]",
        "remove tolerationSeconds, or write effect: NoExecute",
    ),
    "a least number of places that does not bind": (
        {
            "podTemplate": {
                "topologySpreadConstraints": [{"topologyKey": "z", "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway", "minDomains": 2}]
            }
        },
        "spec.podTemplate.topologySpreadConstraints[0]",
        "remove minDomains, or write whenUnsatisfiable: DoNotSchedule",
    ),
    "a priority in upper case": ({"podTemplate": {"priorityClassName": "High"}}, "spec.podTemplate.priorityClassName", OBJECT_NAME),
    "a Secret without a name": ({"podTemplate": {"imagePullSecrets": [{}]}}, "spec.podTemplate.imagePullSecrets[0].name", "Required value"),
    "no room for a body": ({"limits": {"maxBodyBytes": 10}}, "spec.limits.maxBodyBytes", "should be greater than or equal to 1024"),
    "bodies beyond the memory of the gateway": (
        {"limits": {"maxBodyBytes": 104857600}, "resources": {"sidecar": {"limits": {"memory": "128Mi"}}}},
        "spec.limits.maxBodyBytes",
        "raise resources.sidecar.limits.memory",
    ),
    "a gateway without memory": (
        {"resources": {"sidecar": {"limits": {"memory": "64Mi"}}}},
        "spec.resources.sidecar.limits.memory",
        "write 128Mi or more",
    ),
    "no requests at all": ({"limits": {"maxRequests": 0}}, "spec.limits.maxRequests", "should be greater than or equal to 1"),
    "an origin without a scheme": ({"limits": {"corsOrigins": ["app.example.com"]}}, "spec.limits.corsOrigins[0]", ORIGIN),
    "an origin with a path": ({"limits": {"corsOrigins": ["https://app.example.com/"]}}, "spec.limits.corsOrigins[0]", ORIGIN),
    "an origin that no browser sends": ({"limits": {"corsOrigins": ["https://App.example.com"]}}, "spec.limits.corsOrigins[0]", ORIGIN),
    "a port that no browser sends": ({"limits": {"corsOrigins": ["https://a.example:443"]}}, "spec.limits.corsOrigins[0]", ORIGIN),
    "a wildcard in the middle": ({"limits": {"corsOrigins": ["https://a.*.example"]}}, "spec.limits.corsOrigins[0]", ORIGIN),
    "an origin twice": ({"limits": {"corsOrigins": ["*", "*"]}}, "spec.limits.corsOrigins[1]", "Duplicate value"),
    "two members": ({"replicas": 2}, "spec.replicas", "write 1 or 3"),
    "no member": ({"replicas": 0}, "spec.replicas", "write 1 or 3"),
    "members as text": ({"replicas": "3"}, "spec.replicas", "must be of type integer"),
    "a failover at once": ({"failover": {"detectAfterSeconds": 0}}, "spec.failover.detectAfterSeconds", "greater than or equal to 1"),
    "a late failover": ({"failover": {"detectAfterSeconds": 31}}, "spec.failover.detectAfterSeconds", "less than or equal to 30"),
    "certificates of nobody": ({"tls": {"mode": "None"}}, "spec.tls.mode", 'supported values: "Managed", "CertManager", "Secret"'),
    "cert-manager without an issuer": ({"tls": {"mode": "CertManager"}}, "spec.tls.issuerRef", "write issuerRef with mode: CertManager"),
    "an issuer that is not asked": ({"tls": {"issuerRef": {"name": "ca"}}}, "spec.tls.issuerRef", "write issuerRef with mode: CertManager"),
    "an issuer without a name": ({"tls": {"mode": "CertManager", "issuerRef": {}}}, "spec.tls.issuerRef.name", "Required value"),
    "an issuer of another kind": (
        {"tls": {"mode": "CertManager", "issuerRef": {"name": "ca", "kind": "Vault"}}},
        "spec.tls.issuerRef.kind",
        'supported values: "Issuer", "ClusterIssuer"',
    ),
    "an issuer in upper case": ({"tls": {"mode": "CertManager", "issuerRef": {"name": "CA"}}}, "spec.tls.issuerRef.name", OBJECT_NAME),
    "no Secret with certificates": ({"tls": {"mode": "Secret"}}, "spec.tls.secretName", "write secretName with mode: Secret"),
    "a Secret that is not read": ({"tls": {"secretName": "mine"}}, "spec.tls.secretName", "write secretName with mode: Secret"),
    "a misspelt field": ({"capcity": "1Gi"}, "spec.capcity", "unknown field"),
    "a misspelt field further down": ({"ingress": {"hosts": ["a"]}}, "spec.ingress.hosts", "unknown field"),
}
"""Members of a spec that is good without them, the field at fault, and what the API server says of it."""

SETTINGS = {
    LISTENING: "bind port protected-mode unixsocket unixsocketperm tls-port tls-cert-file rdma-port",
    FILES: "appendonly save dir appenddirname appendfilename dbfilename",
    USERS: "requirepass masterauth masteruser user aclfile",
    REPLICATION: (
        "replicaof slaveof min-replicas-to-write min-slaves-max-lag replica-priority slave-read-only repl-backlog-size"
        " cluster-enabled cluster-config-file"
    ),
    ONE_DATABASE: "databases",
    NO_FILES: "include loadmodule",
    IN_A_CONTAINER: "daemonize pidfile logfile supervised",
    COMMANDS: "rename-command enable-debug-command enable-module-command enable-protected-configs",
}
"""Settings of redis.conf that are the operator's, by the reason that the API server gives."""

NAMES = ["9lives", "my.cache", "My-Cache", "cache-"]
"""Names that no Service could have."""
