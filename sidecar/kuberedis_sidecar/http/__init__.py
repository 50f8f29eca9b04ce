"""HTTP: bytes to requests and responses to bytes, on the fast path and through Sanic."""
