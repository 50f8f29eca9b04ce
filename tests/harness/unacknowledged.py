"""A client whose machine acknowledges nothing, as one behind a network that was cut."""

import ctypes
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

# From <linux/filter.h> and <asm-generic/socket.h>; see socket(7) and Documentation/networking/filter.rst of Linux.
_ATTACH, _DETACH = 26, 27
_DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)


@contextmanager
def cut_off(connection: socket.socket) -> Iterator[None]:
    """Have the kernel drop whatever arrives for a TCP connection meanwhile, acknowledgements included; what is sent leaves."""
    program = ctypes.create_string_buffer(_DROP_ALL, len(_DROP_ALL))
    connection.setsockopt(socket.SOL_SOCKET, _ATTACH, struct.pack("HP", 1, ctypes.addressof(program)))
    try:
        yield
    finally:
        connection.setsockopt(socket.SOL_SOCKET, _DETACH, 0)
