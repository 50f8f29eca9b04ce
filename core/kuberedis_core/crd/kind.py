"""The kind of the custom resource, as the Kubernetes API names it."""

from __future__ import annotations

GROUP = "cache.yourcompany.com"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
KIND = "RedisHttpInstance"
PLURAL = "redishttpinstances"
