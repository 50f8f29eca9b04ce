"""The ports of an instance."""

from __future__ import annotations

HTTP = "http"
"""Name of the sidecar's port, in the pod and in its Services."""
SIDECAR_PORT = 8080
"""Where the sidecar listens in its pod."""
SERVICE_PORT = 80
"""Where the HTTP Service listens."""
REDIS_PORT = 6379
"""Where Redis listens: on the loopback address of its pod, or with several members on all of them."""
SENTINEL_PORT = 26379
"""Where Sentinel listens, with several members."""
