"""Credentials: keys, tokens, and the grants that they carry."""

from kuberedis_sidecar.lean_imports import import_jwt

# Before any module of this package imports it in the usual way.
import_jwt()
