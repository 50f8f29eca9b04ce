"""Several worker processes that serve one instance; see `supervisor`."""
