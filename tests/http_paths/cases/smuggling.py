"""A request hidden in another one; it must never be executed."""

from tests.http_paths.raw_requests import AUTH, BAD, HOST, NO_SUCH_METHOD, SMUGGLED, Case, chunked, lines, post

SMUGGLING = [
    Case("a request as a body", post(b"/set/new", SMUGGLED), (200,)),
    Case("a request as the body of GET", post(b"/keys/seeded", SMUGGLED, method=b"GET"), ((200, 400),)),
    Case("a request as the body of DELETE", post(b"/keys/seeded", SMUGGLED, method=b"DELETE"), ((200, 400),)),
    Case(
        "a request as the body of HEAD",
        post(b"/get/seeded", SMUGGLED, method=b"HEAD"),
        ((200, 400),),
        methods=("HEAD",),
    ),
    Case("a request as the body of OPTIONS", post(b"/", SMUGGLED, method=b"OPTIONS"), ((200, 204, 405),)),
    Case(
        "a request as the body of a refusal",
        lines(b"POST @BASE@/keys/new HTTP/1.1", HOST, b"Content-Length: %d" % len(SMUGGLED), body=SMUGGLED),
        (401,),
        "alike",
    ),
    Case(
        "a request as the body of a missing route",
        lines(b"POST /nowhere HTTP/1.1", HOST, b"Content-Length: %d" % len(SMUGGLED), body=SMUGGLED),
        (404,),
        "alike",
    ),
    Case(
        "a request as the body of a health check",
        lines(b"GET /livez HTTP/1.1", HOST, b"Content-Length: %d" % len(SMUGGLED), body=SMUGGLED),
        (200,),
        "alike",
    ),
    Case(
        "a request as the body of an unknown method",
        post(b"/keys/new", SMUGGLED, method=b"BREW"),
        NO_SUCH_METHOD,
        "alike",
    ),
    Case(
        "a request as the body of an upgrade",
        post(b"/set/new", SMUGGLED, b"Connection: Upgrade", b"Upgrade: websocket"),
        ((200, 400, 426),),
        "alike",
    ),
    Case(
        "a request as the body of CONNECT",
        lines(b"CONNECT cache.test:443 HTTP/1.1", HOST, b"Content-Length: %d" % len(SMUGGLED), body=SMUGGLED),
        ((400, 404, 405, 501),),
        "alike",
    ),
    Case("a request as a chunk", chunked(b"/set/new", SMUGGLED), (200,)),
    Case("a line feed in a chunk extension", chunked(b"/set/new", b"v", end=b"0;\n\r\n\r\n") + SMUGGLED, BAD, "closed"),
    Case("a request in a trailer", chunked(b"/set/new", b"v", end=b"0\r\n" + SMUGGLED), BAD, "closed"),
    Case("a length and chunks", post(b"/set/new", b"0\r\n\r\n" + SMUGGLED, b"Transfer-Encoding: chunked"), BAD, "closed"),
    Case(
        "chunks and a length",
        lines(
            b"POST @BASE@/set/new HTTP/1.1",
            HOST,
            AUTH,
            b"Transfer-Encoding: chunked",
            b"Content-Length: 5",
            body=b"0\r\n\r\n" + SMUGGLED,
        ),
        BAD,
        "closed",
    ),
    Case(
        "two lengths",
        lines(
            b"POST @BASE@/set/new HTTP/1.1",
            HOST,
            AUTH,
            b"Content-Length: 0",
            b"Content-Length: %d" % len(SMUGGLED),
            body=SMUGGLED,
        ),
        BAD,
        "closed",
    ),
    Case(
        "two codings in two headers",
        chunked(b"/set/new", b"v", headers=(b"Transfer-Encoding: identity",)) + SMUGGLED,
        BAD,
        "closed",
    ),
    Case(
        "chunks in HTTP/1.0",
        chunked(b"/set/new", b"v").replace(b"HTTP/1.1", b"HTTP/1.0") + SMUGGLED,
        ((200, 400),),
        "closed",
    ),
    *(
        Case(
            f"a body behind {header!r}",
            lines(b"POST @BASE@/set/new/v HTTP/1.1", HOST, AUTH, header % len(SMUGGLED), body=SMUGGLED),
            BAD,
            "closed",
        )
        for header in (
            b"Content-Length : %d",
            b"Content-Length\t: %d",
            b" Content-Length: %d",
            b"\tContent-Length: %d",
            b"X: y\nContent-Length: %d",
            b"X: y\rContent-Length: %d",
            b"\x00Content-Length: %d",
            b"Content-Length\x00: %d",
            b"Content-Length: \x00%d",
            b"Content-Length: %d\x0b",
            b"Content-Length:\r\n %d",
        )
    ),
    *(
        Case(
            f"chunks behind {header!r}",
            lines(b"POST @BASE@/set/new HTTP/1.1", HOST, AUTH, header, body=b"0\r\n\r\n" + SMUGGLED),
            ((400, 501),),
            "closed",
        )
        for header in (
            b"Transfer-Encoding : chunked",
            b"Transfer-Encoding\t: chunked",
            b" Transfer-Encoding: chunked",
            b"Transfer-Encoding: xchunked",
            b"Transfer-Encoding: chunked, identity",
            b"Transfer-Encoding: chunked, chunked",
            b"Transfer-Encoding: chunked;q=1",
            b"Transfer-Encoding: \x0bchunked",
            b"Transfer-Encoding: \x00chunked",
            b"Transfer-Encoding:\r\n chunked",
            b"Transfer-Encoding: identity",
            b"Transfer-Encoding:",
            b'Transfer-Encoding: "chunked"',
            b"X: y\nTransfer-Encoding: chunked",
        )
    ),
]
