"""Connections to Redis: RESP, shared connections by grant, and the settings of the pod's own server."""
