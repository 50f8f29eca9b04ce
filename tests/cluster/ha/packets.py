"""What crosses the links between the nodes, all of which this machine is the router of."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_ALL_PROTOCOLS = 0x0003
_ETHERNET_BYTES = 14
_IPV4 = 0x0800
_TCP = 6
_LONGEST = 65536
_POLL_SECONDS = 0.2


@dataclass
class Seen:
    """The payloads of TCP packets from or to some ports, in the order in which they came."""

    payloads: list[bytes] = field(default_factory=list)

    def holds(self, text: bytes) -> bool:
        """Whether some bytes went by as they are, in one packet or in two that followed each other."""
        return text in b"".join(self.payloads)


@contextmanager
def captured(*ports: int) -> Iterator[Seen]:
    """Look at all packets of these ports until the end of the block; needs CAP_NET_RAW."""
    seen, stop = Seen(), threading.Event()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS)) as link:
        link.settimeout(_POLL_SECONDS)
        thread = threading.Thread(target=_read, args=(link, frozenset(ports), seen, stop))
        thread.start()
        try:
            yield seen
        finally:
            stop.set()
            thread.join()


def _read(link: socket.socket, ports: frozenset[int], seen: Seen, stop: threading.Event) -> None:
    while not stop.is_set():
        with suppress(TimeoutError):
            payload = _payload(link.recv(_LONGEST), ports)
            if payload:
                seen.payloads.append(payload)


def _payload(frame: bytes, ports: frozenset[int]) -> bytes:
    """The bytes that a frame carries over TCP from or to one of the ports; empty if it is another one (RFC 791, RFC 9293)."""
    packet = frame[_ETHERNET_BYTES:]
    if len(packet) < 20 or struct.unpack_from("!H", frame, 12)[0] != _IPV4 or packet[9] != _TCP:
        return b""
    length = struct.unpack_from("!H", packet, 2)[0]
    segment = packet[(packet[0] & 0x0F) * 4 : length]
    if len(segment) < 20 or not ports & set(struct.unpack_from("!HH", segment)):
        return b""
    return segment[(segment[12] >> 4) * 4 :]
