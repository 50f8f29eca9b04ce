"""Event streams carry any channel and any payload, one event for each message.

They are not in the generic run over the OpenAPI document: a stream ends only when its client leaves, and OpenAPI 3.1 has
no schema for what is in one.
"""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.sidecar.calls import Caller, segment
from tests.sidecar.events import EventStream

pytestmark = pytest.mark.every_server

CHANNELS = st.binary(min_size=1, max_size=20)
LINES = st.lists(st.sampled_from([b"\n", b"\r", b"\r\n", b"data: message,a,b", b"\\n", b",", b" "]) | st.binary(max_size=8))


def shown(data: bytes) -> str:
    """`data` as an event shows it: text on one line."""
    return data.decode(errors="replace").replace("\r", "\\r").replace("\n", "\\n")


@given(channel=CHANNELS, payloads=st.lists(LINES.map(b"".join), min_size=1, max_size=3))
@example(channel=b"a/b?c#d%41", payloads=[b"\ndata: message,x,forged", b""])
@settings(max_examples=25)
def test_messages_come_one_by_one(sidecar: Sidecar, redis_server: RedisServer, channel: bytes, payloads: list[bytes]) -> None:
    with EventStream(sidecar, f"/subscribe/{segment(channel)}") as stream:
        assert stream.data() == f"subscribe,{shown(channel)},1"
        for payload in payloads:
            assert redis_server.client().publish(channel, payload) == 1
            assert stream.data() == f"message,{shown(channel)},{shown(payload)}"


@given(channel=st.text("abc?*[]\\^-", min_size=1, max_size=8))
@settings(max_examples=25)
def test_any_pattern_is_read_as_redis_reads_it(sidecar: Sidecar, redis_server: RedisServer, channel: str) -> None:
    with EventStream(sidecar, f"/psubscribe/{segment(channel.encode())}") as stream:
        assert stream.data() == f"psubscribe,{channel},1"
        if redis_server.client().publish("abc", "hello"):
            assert stream.data() == f"pmessage,{channel},abc,hello"


@given(path=st.sampled_from(["/subscribe", "/psubscribe"]), rest=st.text("/%ab", max_size=12))
@settings(max_examples=25)
def test_a_stream_begins_or_the_request_is_refused(call: Caller, sidecar: Sidecar, path: str, rest: str) -> None:
    with EventStream(sidecar, f"{path}/{rest}") as stream:
        if stream.response.status == 200:
            assert stream.response.headers.get_content_type() == "text/event-stream"
            assert stream.data().startswith(f"{path[1:]},")
        else:
            assert stream.response.status == 400
            assert stream.response.headers.get_content_type() == "application/json"
    assert call("GET", "/ping").status == 200
