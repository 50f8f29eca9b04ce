"""Pure translations: an HTTP request becomes Redis commands, and their replies become an HTTP response.

Nothing here imports Sanic, a socket or hiredis. Each translation is a function from a ``Request`` to a ``Plan`` (the commands to send, and
how their replies are encoded) or, where no command is needed, to a ``Response``.
"""
