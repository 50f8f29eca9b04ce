"""The commands that make, change and delete instances in a cluster: `create`, `set` and `delete`."""
