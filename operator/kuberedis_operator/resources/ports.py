"""The ports that several children have to agree on. Redis' own is none of them: nothing outside the pod may reach it."""

from __future__ import annotations

HTTP = "http"
"""The name of the port, in the pod and in its Services."""
SERVICE_PORT = 80
