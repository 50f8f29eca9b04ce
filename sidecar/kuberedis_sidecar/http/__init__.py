"""HTTP: bytes to requests and responses to bytes, on the fast path and through Sanic."""

from kuberedis_sidecar.http.lean_sanic import import_sanic

# Before any module of this package imports it in the usual way.
import_sanic()
