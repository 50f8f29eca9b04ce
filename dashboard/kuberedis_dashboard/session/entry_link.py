"""The link by which the person who started the dashboard on their own machine enters it, once.

Everybody on the machine can open its port, and any web page can send requests to it; only who has seen the link gets a cookie.
"""

from __future__ import annotations

import secrets


class EntryLink:
    """The code of the link; each opens the dashboard once."""

    def __init__(self) -> None:
        self._code: str | None = secrets.token_urlsafe(32)

    @property
    def code(self) -> str | None:
        """The code; None once it was used."""
        return self._code

    def use(self, code: str) -> bool:
        """Use the code up. Returns whether it was the right one; a wrong one does not use it up."""
        if self._code is None or not secrets.compare_digest(self._code.encode(), code.encode("utf-8", "surrogatepass")):
            return False
        self._code = None
        return True
