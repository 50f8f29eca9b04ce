"""The reconciler of one RedisHttpInstance, and what it writes and observes with."""
