"""Ports of an instance's pod. Redis' own is not here: nothing outside the pod can reach it."""

from __future__ import annotations

SIDECAR_PORT = 8080
"""Where the sidecar serves HTTP."""
