"""Where a body ends: chunks and lengths."""

from tests.http_paths.raw_requests import AUTH, BAD, GET, HOST, VALUE, Case, chunked, get, lines, post

CHUNKED = [
    Case("one chunk", chunked(b"/keys/new", VALUE), (200,)),
    Case("many chunks", chunked(b"/keys/new", *(VALUE[i : i + 1] for i in range(len(VALUE)))), (200,)),
    Case("no chunks", chunked(b"/dbsize"), (200,)),
    Case("a chunk extension", chunked(b"/keys/new", VALUE, end=b"0;a=b\r\n\r\n"), (200,)),
    Case(
        "leading zeros",
        lines(
            b"POST @BASE@/keys/new HTTP/1.1",
            HOST,
            AUTH,
            b"Transfer-Encoding: chunked",
            body=b"000e\r\n" + VALUE + b"\r\n000\r\n\r\n",
        ),
        (200,),
    ),
    Case("capital letters", chunked(b"/keys/new", VALUE).replace(b"e\r\n{", b"E\r\n{"), (200,)),
    Case("a trailer", chunked(b"/keys/new", VALUE, end=b"0\r\nX-Trailer: v\r\n\r\n"), (200,)),
    Case("trailers", chunked(b"/keys/new", VALUE, end=b"00;a=b\r\nX-A: v\r\nX-B: w\r\n\r\n") + GET, (200, 200)),
    Case("a trailer and a pipelined request", chunked(b"/keys/new", VALUE, end=b"0\r\nX-Trailer: v\r\n\r\n") + GET, (200, 200)),
    Case("a trailer that is a request", chunked(b"/keys/new", VALUE, end=b"0\r\n" + GET), BAD, "closed"),
    Case("a trailer that is no field", chunked(b"/keys/new", VALUE, end=b"0\r\nno colon\r\n\r\n"), BAD, "closed"),
    Case("a trailer of 10,000 bytes", chunked(b"/keys/new", VALUE, end=b"0\r\nX: " + b"v" * 10_000 + b"\r\n\r\n"), BAD, "closed"),
    Case("a trailer without its end", chunked(b"/keys/new", VALUE, end=b"0\r\nX-Trailer: v\r\n"), (), "unfinished"),
    *(
        Case(f"{end!r} after a chunk", chunked(b"/keys/new", VALUE).replace(b"}\r\n0", b"}" + end + b"0"), BAD, "closed")
        for end in (b"XY", b"\n\n", b"\r\r", b"\n\r", b"  ")
    ),
    Case("too many bytes in chunks", chunked(b"/set/new", *[b"v" * 10_000] * 20), (413,), "alike"),
    Case("as many bytes in chunks as may be", chunked(b"/set/new", *[b"v" * 10_000] * 10), (200,)),
    Case(
        "a coding in capitals",
        chunked(b"/keys/new", VALUE).replace(b": chunked", b": Chunked"),
        ((200, 400, 501),),
        "alike",
    ),
    Case(
        "a coding with a space",
        chunked(b"/keys/new", VALUE).replace(b": chunked", b": chunked "),
        ((200, 400, 501),),
        "alike",
    ),
    Case("another coding", chunked(b"/keys/new", VALUE).replace(b": chunked", b": gzip"), ((400, 501),), "closed"),
    Case("two codings", chunked(b"/keys/new", VALUE).replace(b": chunked", b": gzip, chunked"), ((400, 501),), "closed"),
    *(
        Case(
            f"a chunk size of {size!r}",
            lines(
                b"POST @BASE@/keys/new HTTP/1.1",
                HOST,
                AUTH,
                b"Transfer-Encoding: chunked",
                body=size + b"\r\n" + VALUE + b"\r\n0\r\n\r\n",
            ),
            ((400, 413),),
            "closed",
        )
        for size in (
            b"",
            b"0xe",
            b"+e",
            b"-e",
            b" e",
            b"g",
            b"e_",
            b"1_4",
            b"\xd9\xa1\xd9\xa4",
            b"ffffffffffffffffe",
        )
    ),
    Case(
        "a chunk that is longer than its size",
        chunked(b"/keys/new", VALUE).replace(b"e\r\n{", b"d\r\n{"),
        BAD,
        "closed",
    ),
    Case("a chunk size after a bare LF", chunked(b"/keys/new", VALUE).replace(b"e\r\n{", b"e\n{"), BAD, "closed"),
]

LENGTHS = [
    *(
        Case(
            f"a length of {length!r}",
            lines(b"POST @BASE@/keys/new HTTP/1.1", HOST, AUTH, b"Content-Length: " + length, body=VALUE),
            BAD,
            "closed",
        )
        for length in (
            b"",
            b"+14",
            b"-14",
            b"-1",
            b"1_4",
            b"0xe",
            b"14.0",
            b"14,14",
            b"14, 14",
            b"1 4",
            b"e",
            b"NaN",
            b"\xd9\xa1\xd9\xa4",
        )
    ),
    Case(
        "leading zeros in a length",
        lines(b"POST @BASE@/keys/new HTTP/1.1", HOST, AUTH, b"Content-Length: 0014", body=VALUE),
        ((200, 400),),
        "alike",
    ),
    Case(
        "spaces around a length",
        lines(b"POST @BASE@/keys/new HTTP/1.1", HOST, AUTH, b"Content-Length:  14 \t", body=VALUE),
        ((200, 400),),
        "alike",
    ),
    Case(
        "a length that no machine has",
        lines(b"POST @BASE@/keys/new HTTP/1.1", HOST, AUTH, b"Content-Length: 99999999999999999999999999", body=VALUE),
        ((400, 413),),
        "closed",
    ),
    Case(
        "a length of a terabyte",
        lines(b"POST @BASE@/keys/new HTTP/1.1", HOST, AUTH, b"Content-Length: 1099511627776", body=VALUE),
        (413,),
        "closed",
    ),
    Case("the same length twice", post(b"/keys/new", VALUE, b"Content-Length: 14"), ((200, 400),), "alike"),
    Case("a length of no bytes on GET", get(b"/keys/seeded", b"Content-Length: 0"), (200,)),
    Case(
        "a body that is cut short",
        lines(b"POST @BASE@/keys/new HTTP/1.1", HOST, AUTH, b"Content-Length: 15", body=VALUE),
        (),
        "unfinished",
    ),
    Case("headers that are cut short", GET[:-2], (), "unfinished"),
    Case("a method that is cut short", b"GE", (), "unfinished"),
    Case("chunks that are cut short", chunked(b"/keys/new", VALUE, end=b""), (), "unfinished"),
    Case("a last chunk without its end", chunked(b"/keys/new", VALUE, end=b"0\r\n"), (), "unfinished"),
]
