"""What every reconciler needs, whatever its kind: API client, caches, watches, work queue, Events, metrics and health."""
