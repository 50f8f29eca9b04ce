"""The Kubernetes operator: from a RedisHttpInstance to the objects that serve it."""
