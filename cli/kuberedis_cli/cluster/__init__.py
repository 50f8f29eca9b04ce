"""Instances in a cluster, as `kuberedis` and `kubectl kuberedis` show and change them."""
