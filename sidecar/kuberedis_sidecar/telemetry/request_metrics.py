"""The metrics of HTTP requests, and how long Redis took for their commands.

Requests are counted in plain dictionaries, which is what the hot path can afford; they become metrics when they are scraped.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import add
from typing import Any

from kuberedis_core.exposition import Family, labels
from kuberedis_sidecar.api.model import Refusal, Response
from kuberedis_sidecar.errors import Limit

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds."""
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
"""Those that have a name of their own in metrics; a client may send any other."""

# Refusals that their status tells; those of limits are all 429 and are counted by `RequestMetrics.refuse`.
_CAUSES = {401: "unauthorized", 403: "forbidden", 413: "too_large", 503: "unavailable", 507: "out_of_memory"}


class Durations:
    """A histogram of seconds, in `BUCKETS`."""

    __slots__ = ("buckets", "seconds")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BUCKETS) + 1)
        """How many are in each bucket, not cumulative; the last is that of those over all bounds."""
        self.seconds = 0.0
        """Their sum."""

    def observe(self, seconds: float) -> None:
        """Count one."""
        self.buckets[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds

    def include(self, buckets: Sequence[int], seconds: float) -> None:
        """Count those of another histogram."""
        self.buckets = list(map(add, self.buckets, buckets))
        self.seconds += seconds

    def __add__(self, other: Durations) -> Durations:
        total = Durations()
        for each in (self, other):
            total.include(each.buckets, each.seconds)
        return total


class _Series(Durations):
    __slots__ = ("sent",)

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0


class RequestMetrics:
    """The requests of one instance."""

    __slots__ = ("_refused", "_series", "active", "received_bytes", "redis", "streamed_bytes")

    def __init__(self) -> None:
        self._series: dict[tuple[str, str, int, bool], _Series] = {}
        self._refused: dict[Limit, int] = dict.fromkeys(Limit, 0)
        self.redis = Durations()
        """How long Redis took for a request, where that is not the time of the request."""
        self.active = 0
        """Number of requests that Sanic serves now."""
        self.received_bytes = 0
        """Of bodies, as clients sent them."""
        self.streamed_bytes = 0
        """Of bodies that are sent in pieces."""

    def observe(self, route: str, method: str, response: Response, seconds: float, redis_seconds: float | None = None) -> None:
        """Count a request.

        Args:
            route: Name of its route.
            method: Its method, whatever that is.
            response: The response.
            seconds: How long it took.
            redis_seconds: How long Redis took for it, if it is not in `redis` already. What equals `seconds` is not counted twice.
        """
        alike = seconds == redis_seconds
        key = (route, method, response.status, alike)
        series = self._series.get(key)
        if series is None:
            if method not in METHODS:
                key = (route, "other", response.status, alike)
            series = self._series.setdefault(key, _Series())
        if not alike and redis_seconds is not None:
            self.redis.observe(redis_seconds)
        series.buckets[bisect_left(BUCKETS, seconds)] += 1
        series.seconds += seconds
        series.sent += len(response.body)

    def refuse(self, response: Response) -> None:
        """Count a response that may be the refusal by a limit."""
        if isinstance(response, Refusal):
            self._refused[response.limit] += 1

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Count a request that Sanic serves, until the end of the block."""
        self.active += 1
        try:
            yield
        finally:
            self.active -= 1

    def counting(self, response: Response) -> Response:
        """The response, with its pieces, if it has any, counted as they are sent."""
        if response.pieces is not None:
            response.pieces = self.counted(response.pieces)
        return response

    def counted(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The pieces of a body, counted as they are sent."""
        for piece in pieces:
            self.streamed_bytes += len(piece)
            yield piece

    def counts(self) -> dict[str, Any]:
        """Everything that has been counted, as what JSON can hold; for `add`."""
        series = [[*key, known.buckets, known.seconds, known.sent] for key, known in self._series.items()]
        redis = [self.redis.buckets, self.redis.seconds]
        return {
            "series": series,
            "redis": redis,
            "bytes": [self.received_bytes, self.streamed_bytes],
            "refused": {limit.value: count for limit, count in self._refused.items()},
        }

    def add(self, counts: Mapping[str, Any]) -> None:
        """Add what another process has counted, see `counts`."""
        for route, method, status, alike, buckets, seconds, sent in counts["series"]:
            series = self._series.setdefault((route, method, status, alike), _Series())
            series.include(buckets, seconds)
            series.sent += sent
        self.redis.include(*counts["redis"])
        received, streamed = counts["bytes"]
        self.received_bytes += received
        self.streamed_bytes += streamed
        for limit, count in counts["refused"].items():
            self._refused[Limit(limit)] += count

    def rows(self) -> Iterator[tuple[str, str, int, Durations]]:
        """Route, method, status, and the durations of these requests."""
        merged: dict[tuple[str, str, int], Durations] = {}
        for (route, method, status, _), series in self._series.items():
            known = merged.get((route, method, status))
            merged[route, method, status] = series if known is None else known + series
        for (route, method, status), durations in merged.items():
            yield route, method, status, durations

    def redis_durations(self) -> Durations:
        """From sending the commands of a request until all replies are there; without those that may block."""
        return sum((series for (*_, alike), series in self._series.items() if alike), start=self.redis)

    @property
    def sent_bytes(self) -> int:
        """Bytes of the bodies of all responses."""
        bodies = sum(series.sent for (_, method, *_), series in self._series.items() if method != "HEAD")
        return self.streamed_bytes + bodies

    def refusals(self) -> dict[str, int]:
        """The number of refused requests by cause."""
        by_cause = dict.fromkeys(_CAUSES.values(), 0) | {f"limit_{limit}": count for limit, count in self._refused.items()}
        for (_, _, status, _), series in self._series.items():
            if status in _CAUSES:
                by_cause[_CAUSES[status]] += sum(series.buckets)
        return by_cause


class RequestFamilies:
    """The metrics of the requests of any number of instances."""

    def __init__(self) -> None:
        self._total = Family("kuberedis_http_requests_total", "counter", "HTTP requests answered")
        self._duration = Family("kuberedis_http_request_duration_seconds", "histogram", "Seconds from a request to its answer")
        self._redis = Family(
            "kuberedis_redis_duration_seconds", "histogram", "Seconds from sending the commands of a request to Redis' replies"
        )
        self._received = Family("kuberedis_http_received_bytes_total", "counter", "Bytes of the bodies of requests")
        self._sent = Family("kuberedis_http_sent_bytes_total", "counter", "Bytes of the bodies of responses")
        self._refused = Family("kuberedis_http_refused_requests_total", "counter", "HTTP requests refused, by cause")

    def add(self, tags: str, requests: RequestMetrics) -> None:
        """Add those of an instance, with its labels."""
        durations: dict[tuple[str, str], Durations] = {}
        for route, method, status, known in requests.rows():
            self._total.add(f"{tags},{labels(route=route, method=method, status=str(status))}", sum(known.buckets))
            others = durations.get((route, method))
            durations[route, method] = known if others is None else others + known
        for (route, method), known in durations.items():
            self._duration.add_histogram(f"{tags},{labels(route=route, method=method)}", BUCKETS, known.buckets, known.seconds)
        redis = requests.redis_durations()
        self._redis.add_histogram(tags, BUCKETS, redis.buckets, redis.seconds)
        self._received.add(tags, requests.received_bytes)
        self._sent.add(tags, requests.sent_bytes)
        for cause, count in requests.refusals().items():
            self._refused.add(f"{tags},{labels(cause=cause)}", count)

    def families(self) -> Iterator[Family]:
        """All of them."""
        yield from (self._total, self._duration, self._redis, self._received, self._sent, self._refused)
