"""Several requests on one connection."""

from tests.http_paths.raw_requests import BAD, COMMAND, GET, HOST, PIPELINE, SET, SMUGGLED, VALUE, Case, chunked, get, lines, post

PIPELINED = [
    Case("two", GET * 2, (200, 200)),
    Case("ten", GET * 10, (200,) * 10),
    Case("a hundred writes", b"".join(post(b"/incr/n", b"") for _ in range(100)), (200,) * 100),
    Case("a read, a write, a read", get(b"/keys/new") + SET + get(b"/keys/new"), (404, 200, 200)),
    Case("a write and its deletion", SET + get(b"/keys/new", method=b"DELETE") + get(b"/keys/new"), (200, 200, 404)),
    Case("plain and chunked", GET + chunked(b"/keys/new", VALUE) + GET + PIPELINE + COMMAND, (200,) * 5),
    Case("chunked first", chunked(b"/keys/new", VALUE) + get(b"/keys/new"), (200, 200)),
    Case("HEAD between", GET + get(b"/get/seeded", method=b"HEAD") + GET, (200, 200, 200), methods=("GET", "HEAD", "GET")),
    Case("after an error", get(b"/keys/missing") + GET, (404, 200)),
    Case("after a refusal", lines(b"GET @BASE@/keys/seeded HTTP/1.1", HOST) + GET, (401, 200)),
    Case("after a bad body", post(b"/keys/new", b"nonsense") + GET, (400, 200)),
    Case("after an unknown route", lines(b"GET / HTTP/1.1", HOST) + GET, (404, 200)),
    Case("nothing after close", get(b"/keys/seeded", b"Connection: close") + SMUGGLED, (200,), "closed"),
    Case("nothing after a list with close", get(b"/keys/seeded", b"Connection: TE, close") + SMUGGLED, (200,), "closed"),
    Case("nothing after HTTP/1.0", get(b"/keys/seeded", version=b"HTTP/1.0") + SMUGGLED, (200,), "closed"),
    Case("nothing after nonsense", b"nonsense\r\n\r\n" + SMUGGLED, BAD, "closed"),
    Case("nonsense after one", GET + b"nonsense\r\n\r\n" + SMUGGLED, (200, 400), "closed"),
    Case("nothing after a bad header", get(b"/keys/seeded", b"X-Name : v") + SMUGGLED, BAD, "closed"),
    Case("the second is cut short", GET + SET[:-1], (200,), "unfinished"),
    Case("with a large one between", GET + post(b"/set/new", b"v" * 90_000) + get(b"/keys/new") + GET, (200,) * 4),
]
