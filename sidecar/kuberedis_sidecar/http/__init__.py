"""HTTP: bytes to requests and responses to bytes, on the fast path and through Sanic."""

from kuberedis_sidecar.lean_imports import import_sanic

# Before any module of this package imports it in the usual way.
import_sanic()
