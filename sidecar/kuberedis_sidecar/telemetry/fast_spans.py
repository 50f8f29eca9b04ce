"""The spans of requests on the fast path: a decision before the commands are sent, and two spans once the response is written.

Most requests are not sampled, and cost no more than the decision. It is that of the SDK's sampler, which ``OTEL_TRACES_SAMPLER`` and
``OTEL_TRACES_SAMPLER_ARG`` choose. Where that one only compares the id of a trace that begins here with a bound, it is drawn instead how
many requests come before the next one that is sampled, which is the same in effect and costs each of them a subtraction.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from math import log, log1p
from random import getrandbits, random, randrange
from time import time_ns
from typing import Any

from opentelemetry.sdk.resources import Attributes, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler, TraceIdRatioBased
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from kuberedis_sidecar.redis.replies import Command
from kuberedis_sidecar.telemetry.tracing import redis_attributes, request_attributes

_BITS = 64
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_UNSET, _ERROR = Status(StatusCode.UNSET), Status(StatusCode.ERROR)


class SampledRequest:
    """A request in progress whose spans will be sent."""

    __slots__ = ("attributes", "context", "parent", "redis", "replied", "started")

    def __init__(self, context: SpanContext, parent: SpanContext | None, attributes: dict[str, Any], redis: Mapping[str, Any]) -> None:
        self.context = context
        self.parent = parent
        self.attributes = attributes
        self.redis = redis
        self.started = time_ns()
        self.replied = 0
        """When Redis had replied, in nanoseconds of Unix time."""


class FastSpans:
    """Samples requests and records their spans.

    Args:
        sampler: Decides.
        on_end: Takes each span.
        resource: What the spans are of.
        scope: Who makes them.
    """

    def __init__(self, sampler: Sampler, on_end: Callable[[ReadableSpan], None], resource: Resource, scope: InstrumentationScope) -> None:
        self._sampler = sampler
        self._on_end = on_end
        self._resource = _HashedResource(resource.attributes, resource.schema_url)
        self._scope = scope
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
        own = SpanContext(trace_id, self._ids.generate_span_id(), False, _SAMPLED, state)
        attributes = request_attributes(method, path.decode("latin-1")[: self._longest])
        return SampledRequest(own, parent, attributes, redis_attributes(commands))

    def _draw(self) -> int:
        """A number of the geometric distribution; 0 if each request has to be looked at."""
        if self._bound is None or self._bound >= 2**_BITS:
            return 0
        if self._bound == 0:
            return sys.maxsize
        # 1 - random() is greater than 0.
        return min(int(log(1 - random()) / log1p(-self._bound / 2**_BITS)), sys.maxsize)  # noqa: S311 no secret

    def end(self, request: SampledRequest, route: str, status: int) -> None:
        """Record the spans of a request whose response has been written."""
        context, attributes, redis = request.context, request.attributes, request.redis
        name = f"{attributes['http.request.method']} {route}"
        attributes |= {"http.route": route, "http.response.status_code": status}
        own = SpanContext(context.trace_id, self._ids.generate_span_id(), False, _SAMPLED, context.trace_state)
        self._record(redis["db.operation.name"], own, context, redis, SpanKind.CLIENT, _UNSET, request.started, request.replied)
        outcome = _ERROR if status >= 500 else _UNSET
        self._record(name, context, request.parent, attributes, SpanKind.SERVER, outcome, request.started, time_ns())

    def _record(
        self,
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        attributes: Mapping[str, Any],
        kind: SpanKind,
        status: Status,
        started: int,
        ended: int,
    ) -> None:
        # Not by a Tracer, whose spans can be changed until they end: that takes ten times as long, and for one request in a hundred
        # more than all others take for their decisions.
        self._on_end(
            ReadableSpan(
                name,
                context,
                parent,
                self._resource,
                attributes,
                kind=kind,
                status=status,
                start_time=started,
                end_time=ended,
                instrumentation_scope=self._scope,
            )
        )


class _HashedResource(Resource):
    """A resource that knows its hash, for which another one writes all its attributes as JSON: for each span that is encoded."""

    def __init__(self, attributes: Attributes, schema_url: str) -> None:
        super().__init__(attributes, schema_url)
        self._hash = super().__hash__()

    def __hash__(self) -> int:
        return self._hash


def root_bound(sampler: Sampler) -> int | None:
    """What the lower half of the id of a trace that begins here has to be less than to be sampled; None if only the sampler knows."""
    # What ParentBased asks if there is no parent has no other name.
    root = getattr(sampler, "_root", sampler)
    if root is ALWAYS_ON or root is ALWAYS_OFF:
        return 2**_BITS if root is ALWAYS_ON else 0
    return root.bound if isinstance(root, TraceIdRatioBased) else None
