"""Pure translations: an HTTP request becomes Redis commands, and their replies become an HTTP response.

Nothing here knows Sanic, a socket or hiredis. Each endpoint is a function from a ``Request`` to a ``Plan`` (what to ask of Redis, and how
to word the answer) or, where Redis need not be asked, straight to a ``Response``.
"""
