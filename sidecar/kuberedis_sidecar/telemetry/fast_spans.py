"""The traces of requests on the fast path: a decision before the commands are sent, and a record once the response is written.

Most requests are not sampled, and cost no more than the decision. It is that of the SDK's sampler, which ``OTEL_TRACES_SAMPLER`` and
``OTEL_TRACES_SAMPLER_ARG`` choose. Where that one only compares the id of a trace that begins here with a bound, it is drawn instead how
many requests come before the next one that is sampled, which is the same in effect and costs each of them a subtraction.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from math import log, log1p
from random import getrandbits, random, randrange
from time import time_ns

from opentelemetry.sdk.trace import SpanLimits
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler, TraceIdRatioBased
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags, TraceState, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from kuberedis_sidecar.redis.replies import Command
from kuberedis_sidecar.telemetry.tracing import redis_operation

_BITS = 64
SAMPLED_CONTEXT = SpanContext(1, 1, False, TraceFlags(TraceFlags.SAMPLED))
"""Of any span that will be sent; its ids mean nothing."""


class SampledRequest:
    """A request whose spans will be sent, as little of it as they need."""

    __slots__ = (
        "batch_size",
        "ended",
        "method",
        "operation",
        "parent",
        "path",
        "replied",
        "route",
        "started",
        "state",
        "status",
        "trace_id",
    )

    context = SAMPLED_CONTEXT
    """What a processor of spans asks for, to know whether it is sampled."""
    replied: int
    """When Redis had replied, in nanoseconds of Unix time, as the other times."""
    ended: int
    route: str
    status: int

    def __init__(
        self, trace_id: int, parent: SpanContext | None, state: TraceState | None, method: str, path: str, commands: Sequence[Command]
    ) -> None:
        self.trace_id = trace_id
        self.parent = parent
        self.state = state
        self.method = method
        self.path = path
        self.operation, self.batch_size = redis_operation(commands)
        self.started = time_ns()


class FastSpans:
    """Samples requests and records them; `span_exporter` makes spans of them, in its own thread and many at a time.

    Args:
        sampler: Decides.
        on_end: Takes each request, once its response is written.
    """

    def __init__(self, sampler: Sampler, on_end: Callable[[SampledRequest], None]) -> None:
        self._sampler = sampler
        self._on_end = on_end
        self._bound = root_bound(sampler)
        self.unsampled = self._draw()
        """How many requests without ``traceparent`` come before the next one to begin; who leaves one out subtracts it."""
        self._ids = RandomIdGenerator()
        self._propagator = TraceContextTextMapPropagator()
        self._longest = SpanLimits().max_span_attribute_length

    def begin(
        self, traceparent: bytes | None, tracestate: bytes | None, method: str, path: bytes, commands: Sequence[Command]
    ) -> SampledRequest | None:
        """The request whose commands are sent to Redis now, or None if it is not sampled.

        Args:
            traceparent, tracestate: Its header fields, see https://www.w3.org/TR/trace-context/.
            method: Its method.
            path: Its path, without the query, which may contain a token.
            commands: The commands.
        """
        parent: SpanContext | None = None
        state: TraceState | None = None
        if traceparent is None and self._bound is not None:
            if self.unsampled:
                self.unsampled -= 1
                return None
            self.unsampled = self._draw()
            trace_id = getrandbits(_BITS) << _BITS | randrange(self._bound)  # noqa: S311 no secret
        else:
            fields = {"traceparent": (traceparent or b"").decode("latin-1"), "tracestate": (tracestate or b"").decode("latin-1")}
            context = self._propagator.extract(fields)
            sent = get_current_span(context).get_span_context()
            parent = sent if sent.is_valid else None
            trace_id = parent.trace_id if parent is not None else self._ids.generate_trace_id()
            result = self._sampler.should_sample(context, trace_id, method, SpanKind.SERVER, {}, ())
            if not result.decision.is_sampled():  # type: ignore[no-untyped-call]
                return None
            state = result.trace_state
        return SampledRequest(trace_id, parent, state, method, path.decode("latin-1")[: self._longest], commands)

    def _draw(self) -> int:
        """A number of the geometric distribution; 0 if each request has to be looked at."""
        if self._bound is None or self._bound >= 2**_BITS:
            return 0
        if self._bound == 0:
            return sys.maxsize
        # 1 - random() is greater than 0.
        return min(int(log(1 - random()) / log1p(-self._bound / 2**_BITS)), sys.maxsize)  # noqa: S311 no secret

    def end(self, request: SampledRequest, route: str, status: int) -> None:
        """Record a request whose response has been written."""
        request.ended = time_ns()
        request.route = route
        request.status = status
        self._on_end(request)


def root_bound(sampler: Sampler) -> int | None:
    """What the lower half of the id of a trace that begins here has to be less than to be sampled; None if only the sampler knows."""
    # What ParentBased asks if there is no parent has no other name.
    root = getattr(sampler, "_root", sampler)
    if root is ALWAYS_ON or root is ALWAYS_OFF:
        return 2**_BITS if root is ALWAYS_ON else 0
    return root.bound if isinstance(root, TraceIdRatioBased) else None
