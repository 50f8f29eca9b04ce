"""Free ports of loopback."""

import random
import socket

# Below the range that the kernel gives to outgoing connections, so that nobody takes the port before it is used, or during a restart.
_PORTS = range(20000, 32000)


def free_port() -> int:
    """A TCP port of loopback on which nothing listens."""
    while True:
        port = random.choice(_PORTS)  # noqa: S311 a port, not a secret
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
