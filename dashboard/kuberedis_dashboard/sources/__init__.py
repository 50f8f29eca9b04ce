"""Where pages take instances and keys from: a cluster, or what one process runs on this machine."""
