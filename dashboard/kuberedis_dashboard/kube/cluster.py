"""Where the API server is, and the connections to it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import orjson

_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 10


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """Where the API server is.

    Args:
        url: base URL, without a slash at its end.
        tls: how its certificate is checked, and the client certificate of a kubeconfig if it has one; None for plain HTTP.
        tls_name: the name that its certificate has, if it is another than that of the URL.
    """

    url: str
    tls: ssl.SSLContext | None = None
    tls_name: str | None = None


def checked_against(url: str, ca_file: Path) -> ClusterAddress:
    """The address of an API server whose certificate is checked against those in a file.

    Raises:
        OSError: the file cannot be read.
        ssl.SSLError: there is no certificate in it.
    """
    return ClusterAddress(url, ssl.create_default_context(cafile=ca_file) if url.startswith("https://") else None)


class Cluster:
    """An API server and the connections to it, which have no credential: each request carries that of its user.

    Must be made, and closed, in a running event loop.
    """

    def __init__(self, address: ClusterAddress) -> None:
        self.address = address
        self.session = self._session()
        # Watches have connections of their own: TLS keeps buffers of the size of the largest list that passed a connection for as long as
        # it is open, and that of a watch is open for as long as somebody's page.
        self.watches = self._session()

    def _session(self) -> aiohttp.ClientSession:
        tls = self.address.tls
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls if tls is not None else True, limit=0, keepalive_timeout=30),
            # A cookie that a proxy in front of the API server sets for one user must not go with the request of another.
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=_ANSWER_SECONDS, sock_connect=_CONNECT_SECONDS),
            json_serialize=lambda value: orjson.dumps(value).decode(),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self.session.close()
        await self.watches.close()
