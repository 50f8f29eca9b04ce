"""Local mode: the instances of manifests on this machine, without a cluster."""
