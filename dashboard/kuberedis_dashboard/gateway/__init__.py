"""The ways to a sidecar and to Prometheus. Addresses are derived from checked names, and never come out of an object."""
