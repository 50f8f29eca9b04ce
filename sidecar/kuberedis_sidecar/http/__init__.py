"""HTTP: from bytes to requests and from responses to bytes, on the fast path and through Sanic."""
