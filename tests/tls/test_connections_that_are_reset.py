"""A peer that resets a connection between the handshakes of TCP and TLS costs that connection, and no stack trace in the log."""

import asyncio
import socket
import struct
from pathlib import Path
from threading import Thread

import pytest
import uvloop

from kuberedis_sidecar.redis.connection import Connection
from kuberedis_sidecar.redis.opening import open_connection
from kuberedis_sidecar.settings import RedisAddress
from tests.tls.dialling import context_of

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def _reset_one(listener: socket.socket) -> None:
    peer, _ = listener.accept()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    peer.close()


def test_reset_between_the_handshakes_is_an_error_of_the_connection(tmp_path: Path) -> None:
    reported: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        peer = Thread(target=_reset_one, args=(listener,))

        class BusyMeanwhile(Connection):
            """Learns of the reset in the same turn of the event loop as of the connection."""

            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                peer.start()
                peer.join()

        async def open_one() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda _, what: reported.append(what))
            address = RedisAddress(port=listener.getsockname()[1], tls=True)
            await open_connection(BusyMeanwhile, address, context_of(tmp_path, None))

        with pytest.raises(ConnectionResetError):
            uvloop.run(open_one())
    assert reported == []
