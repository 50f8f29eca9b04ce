"""Events on their way to the streams of one subscription. Without I/O of its own: clients write, and the ledger pays.

Theory of operation: a stream is live, or behind, or has ended but is behind, in which case it is sent what was kept until then. To a live
one events are written as they come, encoded once and in one piece for each turn of the event loop. One whose client has not taken what was
written before falls behind: for it, and for all others that are, events are kept once, in the `Backlog`, from which each takes pieces at
its own pace until it has caught up and is live again. So no client waits for another:

- The subscription is read at the pace of the fastest: only when all are `PACE_BYTES` behind, nothing more is asked for.
- Who falls `MOST_BYTES` behind is dropped, and so are the slowest when the ledger has no memory for more.
"""

from __future__ import annotations

from collections.abc import Iterable

from kuberedis_sidecar.api.chunked import chunk
from kuberedis_sidecar.sse.backlog import Backlog
from kuberedis_sidecar.sse.event_stream import Client, EventStream
from kuberedis_sidecar.telemetry.request_metrics import RequestMetrics

PACE_BYTES = 512 * 1024
MOST_BYTES = 8 * 1024 * 1024
TOO_SLOW = f"the client reads too slowly: more than {MOST_BYTES >> 20} MiB were waiting for it"
NO_MEMORY = "too much is waiting to be read for the memory of this instance's gateway"


class Delivery:
    """See the module.

    Args:
        backlog: Keeps events.
        metrics: Counts the bytes that are written.
    """

    def __init__(self, backlog: Backlog, metrics: RequestMetrics) -> None:
        self._backlog = backlog
        self._metrics = metrics
        self._live: dict[EventStream, Client] = {}
        # In the order in which they fell behind.
        self._behind: dict[EventStream, None] = {}

    @property
    def streams(self) -> list[EventStream]:
        """All that have not ended."""
        return [*self._live, *self._open_behind()]

    @property
    def slow(self) -> bool:
        """Whether all streams are far behind."""
        end = self._backlog.end
        return not self._live and all(end - stream.position >= PACE_BYTES for stream in self._open_behind())

    def begin(self, stream: EventStream, confirmation: bytes) -> None:
        """Add a stream, which is sent its confirmation and then all events from now on."""
        self._behind[stream] = None
        stream.confirm(confirmation, self._backlog.end)

    def write(self, events: bytes) -> None:
        """Send events to all streams."""
        late = self.write_live(events)
        if late or self._behind:
            self._keep(events, late)

    def write_live(self, events: bytes) -> list[EventStream]:
        """Write events to the live streams, but for those that are returned, whose clients have not taken what was written before."""
        data, late = chunk(events), []
        live = list(self._live.items())
        for stream, client in live:
            if client.waiting_for_client:
                late.append(stream)
            else:
                client.write_now(data)
        self._metrics.streamed_bytes += len(events) * (len(live) - len(late))
        return late

    def take(self, stream: EventStream) -> bytes:
        """The next events of a stream that is behind; empty if it has caught up, and then it is live, unless it has ended."""
        if stream not in self._behind:
            return b""
        position = stream.position
        piece = self._backlog.read(position, self._backlog.end if stream.until is None else stream.until)
        if piece:
            stream.position += len(piece)
        else:
            del self._behind[stream]
            if stream.until is None and stream.client is not None:
                self._live[stream] = stream.client
        if position == self._backlog.start:
            self._forget()
        return piece

    def leave(self, stream: EventStream) -> int:
        """Give a stream nothing new; the position up to which it has yet to be sent what is kept."""
        self._live.pop(stream, None)
        if stream not in self._behind:
            stream.position = self._backlog.end
        return self._backlog.end

    def remove(self, stream: EventStream) -> None:
        """Forget a stream."""
        self._live.pop(stream, None)
        if stream in self._behind:
            del self._behind[stream]
            self._forget()

    def _keep(self, events: bytes, late: Iterable[EventStream]) -> None:
        """Keep events for the streams that are behind, of which `late` are new."""
        end = self._backlog.end
        # A single event may be of any size that the ledger allows.
        least = end - max(0, MOST_BYTES - len(events))
        self._drop([stream for stream in self._open_behind() if stream.position < min(least, end)], TOO_SLOW)
        for stream in late:
            if self._live.pop(stream, None) is not None:
                stream.position = end
                self._behind[stream] = None
        while (behind := self._open_behind()) and not self._backlog.append(events):
            slowest = min(stream.position for stream in behind)
            self._drop([stream for stream in behind if stream.position == slowest], NO_MEMORY)
        for stream in late:
            stream.wake()

    def _open_behind(self) -> list[EventStream]:
        return [stream for stream in self._behind if stream.until is None]

    def _drop(self, streams: list[EventStream], reason: str) -> None:
        """End streams without what is kept for them."""
        for stream in streams:
            del self._behind[stream]
            stream.end(reason)
        if streams:
            self._forget()

    def _forget(self) -> None:
        """Drop what no stream has to be sent any more."""
        self._backlog.forget(min((stream.position for stream in self._behind), default=self._backlog.end))
