"""The `kuberedis` command: Redis over HTTP on a laptop, and its access tokens."""
