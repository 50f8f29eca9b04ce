"""One HTTP exchange with a server that may be slow, broken or hostile."""

from __future__ import annotations

import aiohttp
from yarl import URL

from kuberedis_core.one_line import one_line
from kuberedis_dashboard.errors import Unavailable
from kuberedis_dashboard.gateway.gateways import Answer, Call

_CONNECTIONS = 100
_ADVICE = "Look at its conditions and its pod; the page tries again by itself."
_TOO_LARGE = "Ask for less at once."


class Exchange:
    """A client for plain requests: no redirect is followed, no proxy and no cookie is used."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, origin: str, call: Call, who: str) -> Answer:
        """The answer to `call`.

        Args:
            origin: Scheme, host and port, such as `http://127.0.0.1:8080`.
            call: The request.
            who: Who is asked, for messages.

        Raises:
            Unavailable: There is no answer, or it is too large.
        """
        timeout = aiohttp.ClientTimeout(total=call.seconds)
        try:
            async with self._connections().request(
                call.method,
                URL(origin + call.path, encoded=True),
                headers=call.headers,
                data=call.body,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                return Answer(response.status, response.headers, await _body(response, call.most_bytes, who))
        except TimeoutError:
            raise Unavailable(f"{who} did not answer within {call.seconds:.0f} s", _ADVICE) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unavailable(f"{who} does not answer ({one_line(str(error)) or type(error).__name__})", _ADVICE) from None

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    def _connections(self) -> aiohttp.ClientSession:
        # Made here, because a session belongs to the loop that runs.
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
            self._session = aiohttp.ClientSession(connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar())
        return self._session


async def _body(response: aiohttp.ClientResponse, most: int, who: str) -> bytes:
    """The body, of which no more than `most` bytes are taken."""
    if (response.content_length or 0) > most:
        raise Unavailable(f"the answer of {who} has more than {most:,} bytes", _TOO_LARGE)
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > most:
            raise Unavailable(f"the answer of {who} has more than {most:,} bytes", _TOO_LARGE)
    return bytes(body)
