"""Pub/Sub over server-sent events: `/subscribe/{channel}` and `/psubscribe/{pattern}`."""

from contextlib import ExitStack

import pytest
import redis

from tests.harness.redis_server import RedisServer
from tests.harness.sidecar import Sidecar
from tests.harness.waiting import wait_until
from tests.sidecar.calls import Caller
from tests.sidecar.events import EventStream

pytestmark = pytest.mark.every_server


@pytest.fixture(scope="module")
def publisher(redis_server: RedisServer) -> redis.Redis:
    """Publishes with no gateway in between."""
    return redis_server.client()


def test_stream_begins_at_once_with_what_a_proxy_must_know(sidecar: Sidecar) -> None:
    with EventStream(sidecar, "/subscribe/news") as stream:
        assert stream.response.status == 200
        assert stream.response.headers.get_content_type() == "text/event-stream"
        assert stream.response.headers["Cache-Control"] == "no-store"
        assert stream.response.headers["X-Accel-Buffering"] == "no"
        assert stream.response.headers["Content-Length"] is None
        assert [stream.line(), stream.line()] == [b"data: subscribe,news,1\n", b"\n"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_message_is_one_data_line(sidecar: Sidecar, publisher: redis.Redis, method: str) -> None:
    with EventStream(sidecar, "/subscribe/news", method=method) as stream:
        assert stream.data() == "subscribe,news,1"
        assert publisher.publish("news", "hello, world") == 1
        assert [stream.line(), stream.line()] == [b"data: message,news,hello, world\n", b"\n"]


def test_message_of_a_pattern_names_its_channel(sidecar: Sidecar, publisher: redis.Redis) -> None:
    with EventStream(sidecar, "/psubscribe/user:*") as stream:
        assert stream.data() == "psubscribe,user:*,1"
        assert publisher.publish("user:7", '{"a": 1}') == 1
        assert publisher.publish("order:7", "not for us") == 0
        assert publisher.publish("user:8", "b") == 1
        assert [stream.data(), stream.data()] == ['pmessage,user:*,user:7,{"a": 1}', "pmessage,user:*,user:8,b"]


def test_several_segments_are_several_channels(sidecar: Sidecar, publisher: redis.Redis) -> None:
    with EventStream(sidecar, "/subscribe/a/b/c") as stream:
        assert [stream.data() for _ in range(3)] == ["subscribe,a,1", "subscribe,b,2", "subscribe,c,3"]
        assert publisher.publish("b", "x") == 1
        assert stream.data() == "message,b,x"


def test_message_published_through_the_gateway_arrives(sidecar: Sidecar, call: Caller) -> None:
    with EventStream(sidecar, "/subscribe/news") as stream:
        assert stream.data() == "subscribe,news,1"
        assert call("POST", "/publish/news", b"by path").json() == {"result": 1}
        assert call.batch("/pipeline", ["PUBLISH", "news", "by pipeline"]).json() == [{"result": 1}]
        assert [stream.data(), stream.data()] == ["message,news,by path", "message,news,by pipeline"]


def test_messages_keep_their_order_and_none_is_lost(sidecar: Sidecar, publisher: redis.Redis) -> None:
    with EventStream(sidecar, "/subscribe/many") as stream, publisher.pipeline(transaction=False) as batch:
        assert stream.data() == "subscribe,many,1"
        for number in range(5_000):
            batch.publish("many", f"{number}")
        assert batch.execute() == [1] * 5_000
        assert [stream.data() for _ in range(5_000)] == [f"message,many,{number}" for number in range(5_000)]


def test_nothing_in_a_stream_is_encoded(sidecar: Sidecar, publisher: redis.Redis) -> None:
    with EventStream(sidecar, "/subscribe/news", {"Upstash-Encoding": "base64"}) as stream:
        assert stream.data() == "subscribe,news,1"
        publisher.publish("news", "plain")
        assert stream.data() == "message,news,plain"


@pytest.mark.parametrize(
    ("segment", "channel"),
    [
        ("a%2Fb", "a/b"),
        ("with%20space", "with space"),
        ("pct%2541", "pct%41"),
        ("%41", "A"),
        ("a,b", "a,b"),
        ("a+b", "a+b"),
        ("%D0%BA", "к"),
        ("q?x", "q"),
        ("q?x=1&_y", "q"),
        ("user%3F:*", "user?:*"),
        ("trailing/", "trailing"),
        ("subscribe", "subscribe"),
        ("%20", " "),
    ],
)
def test_odd_channel_names_are_subscribed_as_written(sidecar: Sidecar, publisher: redis.Redis, segment: str, channel: str) -> None:
    with EventStream(sidecar, f"/subscribe/{segment}") as stream:
        assert stream.data() == f"subscribe,{channel},1"
        assert publisher.publish(channel, "x") == 1
        assert stream.data() == f"message,{channel},x"


@pytest.mark.parametrize("channel", [b"\xff", b"\x00\x01", bytes(range(128, 256))])
def test_channel_of_any_bytes_is_subscribed(sidecar: Sidecar, publisher: redis.Redis, channel: bytes) -> None:
    segment = "".join(f"%{byte:02X}" for byte in channel)
    with EventStream(sidecar, f"/subscribe/{segment}") as stream:
        text = channel.decode(errors="replace")
        assert stream.data() == f"subscribe,{text},1"
        assert publisher.publish(channel, "x") == 1
        assert stream.data() == f"message,{text},x"


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b"a\nb", r"a\nb"),
        (b"a\r\nb", r"a\r\nb"),
        (b"a\rb", r"a\rb"),
        (b"\n\n", r"\n\n"),
        (b"x\n\ndata: message,news,forged", r"x\n\ndata: message,news,forged"),
        (b"x\r\rid: 1\revent: close", r"x\r\rid: 1\revent: close"),
        (b"", ""),
        (b"\xff\xfe", "\ufffd\ufffd"),
        ("к🔑\u2028\x85".encode(), "к🔑\u2028\x85"),
        (b"\x00", "\x00"),
        (b"x" * 900_000, "x" * 900_000),
    ],
)
def test_payload_is_one_line_and_forges_no_event(sidecar: Sidecar, publisher: redis.Redis, payload: bytes, shown: str) -> None:
    with EventStream(sidecar, "/subscribe/news") as stream:
        assert stream.data() == "subscribe,news,1"
        publisher.publish("news", payload)
        publisher.publish("news", "next")
        assert [stream.data(), stream.data()] == [f"message,news,{shown}", "message,news,next"]


def test_line_break_in_a_channel_forges_no_event(sidecar: Sidecar, publisher: redis.Redis) -> None:
    with EventStream(sidecar, "/psubscribe/*") as stream:
        assert stream.data() == "psubscribe,*,1"
        publisher.publish("a\n\ndata: message,a,b", "x")
        assert stream.data() == r"pmessage,*,a\n\ndata: message,a,b,x"


def test_subscriber_that_leaves_is_gone_from_redis(sidecar: Sidecar, publisher: redis.Redis) -> None:
    with EventStream(sidecar, "/subscribe/left") as stream:
        assert stream.data() == "subscribe,left,1"
        assert publisher.publish("left", "x") == 1
    wait_until(lambda: publisher.publish("left", "x") == 0, limit_seconds=2, what="the end of the subscription")


def test_subscribers_that_vanish_leave_nothing_behind(sidecar: Sidecar, publisher: redis.Redis) -> None:
    with ExitStack() as stack:
        gone = [stack.enter_context(EventStream(sidecar, "/subscribe/crowd")) for _ in range(50)]
        stays = stack.enter_context(EventStream(sidecar, "/subscribe/crowd"))
        assert {stream.data() for stream in [*gone, stays]} == {"subscribe,crowd,1"}
        for stream in gone:
            publisher.publish("crowd", "x" * 1000)
            stream.reset()
        assert [stays.data() for _ in gone] == ["message,crowd," + "x" * 1000] * 50
        wait_until(lambda: publisher.publish("crowd", "y") == 1, limit_seconds=2, what="the end of 50 subscriptions")
        assert stays.data() == "message,crowd,y"


def test_token_in_the_query_opens_a_stream_and_is_no_channel(sidecar: Sidecar, publisher: redis.Redis) -> None:
    nobody = {"Authorization": "Bearer nobody"}
    with EventStream(sidecar, f"/subscribe/news?_token={sidecar.api_key}&x=1", nobody) as stream:
        assert stream.data() == "subscribe,news,1"
        assert publisher.publish("news", "x") == 1


@pytest.mark.parametrize("path", ["/subscribe", "/subscribe/", "/psubscribe", "/psubscribe/"])
def test_stream_without_a_channel_is_refused(call: Caller, path: str) -> None:
    answer = call("POST", path)
    assert answer.status == 400
    assert "channel" in answer.error()


@pytest.mark.parametrize("path", ["/subscribe/%", "/psubscribe/a%4"])
def test_malformed_escape_in_a_channel_is_refused(call: Caller, path: str) -> None:
    answer = call("POST", path)
    assert answer.status == 400
    assert "%" in answer.error()


@pytest.mark.parametrize("path", ["/subscribe/news", "/psubscribe/*", "/monitor"])
def test_stream_without_a_credential_is_refused_in_json(call: Caller, path: str) -> None:
    answer = call("POST", path, headers={"Accept": "text/event-stream"}, authorized=False)
    assert answer.status == 401
    assert answer.error().startswith("WRONGPASS ")


def test_connection_of_a_stream_is_closed_by_its_last_event(redis_server: RedisServer, sidecar: Sidecar) -> None:
    """When Redis is gone, the stream ends with an event, so that its client does not wait for ever."""
    with EventStream(sidecar, "/subscribe/news") as stream:
        assert stream.data() == "subscribe,news,1"
        redis_server.client().client_kill_filter(_type="pubsub")
        assert stream.line() == b"event: close\n"
        assert stream.data()
        assert stream.line() == b""
