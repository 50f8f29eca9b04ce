"""Bodies: JSON and bytes, good, bad and too large."""

import gzip
import zlib

from tests.http_paths.raw_requests import BAD, HOST, VALUE, Case, chunked, get, lines, post


def batched(data: bytes, size: int) -> list[bytes]:
    """`data` in pieces of that size."""
    return [data[start : start + size] for start in range(0, len(data), size)]


BYTE_ORDER_MARK = b"\xef\xbb\xbf"

BODIES = [
    Case("no body", post(b"/keys/new", b""), BAD),
    Case("no body and no length", get(b"/keys/new", method=b"POST"), BAD),
    Case("no body to the command endpoint", post(b"/", b""), BAD),
    Case("no body to the pipeline", post(b"/pipeline", b""), BAD),
    Case("no length to a command", get(b"/set/new/v", method=b"POST"), (200,)),
    Case("a body of white space", post(b"/keys/new", b" \r\n"), BAD),
    Case("broken JSON", post(b"/keys/new", b'{"value": "v"'), BAD),
    Case("JSON and more", post(b"/keys/new", VALUE + b"x"), BAD),
    Case("JSON of another kind", post(b"/keys/new", b'["value"]'), BAD),
    Case("JSON null", post(b"/keys/new", b"null"), BAD),
    Case("an unknown member", post(b"/keys/new", b'{"value": "v", "ttl": 1}'), BAD),
    Case("a member twice", post(b"/keys/new", b'{"value": "v", "value": "w"}'), ((200, 400),)),
    Case("a value of another kind", post(b"/keys/new", b'{"value": {"a": 1}}'), BAD),
    Case("a value of null", post(b"/keys/new", b'{"value": null}'), BAD),
    Case("a value of NaN", post(b"/keys/new", b'{"value": NaN}'), BAD),
    Case("a value of Infinity", post(b"/", b'["SET", "new", Infinity]'), BAD),
    Case("a ttl of zero", post(b"/keys/new", b'{"value": "v", "ttl_seconds": 0}'), BAD),
    Case("a ttl past every year", post(b"/keys/new", b'{"value": "v", "ttl_seconds": 99999999999999999999}'), BAD),
    Case("a ttl of true", post(b"/keys/new", b'{"value": "v", "ttl_seconds": true}'), BAD),
    Case("a long number", post(b"/keys/new", b'{"value": ' + b"1" * 5000 + b"}"), (200,)),
    Case("a byte order mark", post(b"/keys/new", BYTE_ORDER_MARK + VALUE), (200,)),
    Case("a byte order mark before a command", post(b"/", BYTE_ORDER_MARK + b'["SET", "new", "v"]'), (200,)),
    Case("a byte order mark before a pipeline", post(b"/pipeline", BYTE_ORDER_MARK + b'[["SET", "new", "v"]]'), (200,)),
    Case("two byte order marks", post(b"/keys/new", BYTE_ORDER_MARK * 2 + VALUE), BAD),
    Case("members of null", post(b"/keys/new", b'{"value": "v", "ttl_seconds": null, "encoding": null}'), (200,)),
    Case("arguments of null", post(b"/raw-command", b'{"command": "PING", "args": null, "encoding": null}'), (200,)),
    Case("JSON in UTF-16", post(b"/keys/new", VALUE.decode().encode("utf-16-le")), BAD),
    Case("JSON that is not UTF-8", post(b"/keys/new", b'{"value": "\xff"}'), BAD),
    Case("a command that is not UTF-8", post(b"/", b'["SET", "new", "\xff"]'), BAD),
    Case("half a surrogate pair", post(b"/keys/new", b'{"value": "\\ud800"}'), (200,)),
    Case("half a surrogate pair in a command", post(b"/", b'["SET", "new", "\\ud800"]'), (200,)),
    Case("half a surrogate pair in a pipeline", post(b"/pipeline", b'[["SET", "new", "\\ud800"], ["PING"]]'), (200,)),
    Case("many halves of surrogate pairs", post(b"/", b'["SET", "new", "%b"]' % (b"\\ud800" * 2000)), (200,)),
    Case("too many halves of surrogate pairs", post(b"/", b'["SET", "new", "%b"]' % (b"\\ud800" * 10_000)), (413,)),
    Case("a raw line break in a string", post(b"/keys/new", b'{"value": "a\nb"}'), ((200, 400),)),
    Case("a NUL in a string", post(b"/keys/new", b'{"value": "a\\u0000b"}'), (200,)),
    Case("deep nesting", post(b"/", b"[" * 50_000 + b"]" * 50_000), BAD),
    Case("deep nesting in a value", post(b"/keys/new", b'{"value": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"), BAD),
    Case("an empty command", post(b"/", b"[]"), BAD),
    Case("a command of null", post(b"/", b'["SET", "new", null]'), BAD),
    Case("a nested command", post(b"/", b'["SET", "new", ["v"]]'), BAD),
    Case("an empty pipeline", post(b"/pipeline", b"[]"), BAD),
    Case("a pipeline of null", post(b"/pipeline", b"[null]"), ((200, 400),)),
    Case(
        "a pipeline with a bad item",
        post(b"/pipeline", b'[["SET", "new", "v"], ["NOSUCH"], ["SET", "a", null]]'),
        (200,),
    ),
    Case("too many bytes", post(b"/keys/new", b'{"value": "' + b"v" * 200_000 + b'"}'), (413,), "alike"),
    Case("too many bytes of a command", post(b"/set/new", b"v" * 200_000), (413,), "alike"),
    Case(
        "too many bytes without a credential",
        lines(b"POST @BASE@/keys/new HTTP/1.1", HOST, b"Content-Length: 200000", body=b"v" * 200_000),
        ((401, 413),),
        "alike",
    ),
    Case("as many bytes as may be", post(b"/set/new", b"v" * 100_000), (200,)),
    Case("one byte more", post(b"/set/new", b"v" * 100_001), (413,), "alike"),
    *(
        Case(f"a body in {coding!r}", post(b"/set/new", encoded, b"Content-Encoding: " + coding), (200,))
        for coding, encoded in (
            (b"gzip", gzip.compress(b"value")),
            (b"x-gzip", gzip.compress(b"value")),
            (b"GZIP", gzip.compress(b"value")),
            (b"deflate", zlib.compress(b"value")),
            (b"identity", b"value"),
            (b"identity, gzip", gzip.compress(b"value")),
        )
    ),
    Case("JSON in gzip", post(b"/keys/new", gzip.compress(VALUE), b"Content-Encoding: gzip"), (200,)),
    Case("gzip in two members", post(b"/set/new", gzip.compress(b"v") + gzip.compress(b"w"), b"Content-Encoding: gzip"), (200,)),
    Case("gzip in chunks", chunked(b"/set/new", *batched(gzip.compress(b"value"), 7), headers=(b"Content-Encoding: gzip",)), (200,)),
    Case("no body in gzip", get(b"/keys/seeded", b"Content-Encoding: gzip"), (200,)),
    Case("gzip that is cut short", post(b"/set/new", gzip.compress(b"value")[:-4], b"Content-Encoding: gzip"), BAD),
    Case("gzip that is none", post(b"/set/new", b"value", b"Content-Encoding: gzip"), BAD, "alike"),
    Case("too many bytes in gzip", post(b"/set/new", gzip.compress(b"v" * 100_001), b"Content-Encoding: gzip"), (413,), "alike"),
    Case("as many bytes in gzip as may be", post(b"/set/new", gzip.compress(b"v" * 100_000), b"Content-Encoding: gzip"), (200,)),
    *(
        Case(f"a body in {coding!r}", post(b"/set/new", b"value", b"Content-Encoding: " + coding), (415,))
        for coding in (b"br", b"zstd", b"compress", b"gzip, gzip", b"gzip\r\nContent-Encoding: br")
    ),
    Case("a body in a strange coding without a credential", lines(b"POST @BASE@/set/a HTTP/1.1", HOST, b"Content-Encoding: br"), (401,)),
    Case("too many commands", post(b"/pipeline", b"[" + b",".join([b'["PING"]'] * 51) + b"]"), ((400, 413),)),
    Case("as many commands as may be", post(b"/pipeline", b"[" + b",".join([b'["PING"]'] * 50) + b"]"), (200,)),
]
