"""Free ports of the loopback address for servers that are started later."""

from __future__ import annotations

import random
import socket

HOST = "127.0.0.1"
_FIRST, _LAST = 15_000, 29_999
"""Below the ports of outgoing connections (ip_local_port_range on Linux, RFC 6335's dynamic ports elsewhere), and below NodePorts: a client
that keeps trying to reach a server that is down could otherwise get that server's port, and connect to itself."""
_TRIES = 1000


def free_ports(count: int) -> list[int]:
    """So many ports on which nothing listens now, all different.

    Raises:
        OSError: There are none.
    """
    found: list[int] = []
    for _ in range(_TRIES):
        port = random.randint(_FIRST, _LAST)  # noqa: S311 not a secret
        if port not in found and _is_free(port):
            found.append(port)
        if len(found) == count:
            return found
    raise OSError(f"no free ports between {_FIRST} and {_LAST}")


def _is_free(port: int) -> bool:
    try:
        with socket.create_server((HOST, port)):
            return True
    except OSError:
        return False
