"""The table of raw requests that both HTTP paths must answer alike, as plain data.

`@BASE@` stands for BASE_PATH and `@KEY@` for KEY. Before each case the database holds `seeded` = "some value",
`binary` = the bytes FF 00 and the hash `h` with field `f` = "v". No case may create the key `smuggled`.
"""

from dataclasses import dataclass, field
from typing import Literal

Statuses = tuple[int | tuple[int, ...], ...]
# What the connection is good for afterwards. "alike": either, but the same on both paths.
After = Literal["open", "closed", "unfinished", "alike"]

INSTANCE = "table"
BASE_PATH = "/instances/table"
KEY = "0123456789abcdef0123456789abcdef"
MAX_BODY_BYTES = 100_000
MAX_PIPELINE_COMMANDS = 50

HOST = b"Host: cache.test"
AUTH = b"Authorization: Bearer @KEY@"
JSON = b"Content-Type: application/json"
VALUE = b'{"value": "v"}'
BAD = (400,)
TOO_LARGE = ((413, 431),)
NO_SUCH_METHOD = ((400, 405, 501),)


@dataclass(frozen=True)
class Case:
    """One row: the bytes, the statuses they may get in order, and the state of the connection afterwards."""

    name: str
    request: bytes
    statuses: Statuses
    after: After = "open"
    methods: tuple[str, ...] = field(default=())


def lines(*head: bytes, body: bytes = b"") -> bytes:
    """A request of exactly these header lines and this body."""
    request = b"\r\n".join([*head, b"", body])
    return request.replace(b"@BASE@", BASE_PATH.encode()).replace(b"@KEY@", KEY.encode())


def get(path: bytes, *headers: bytes, method: bytes = b"GET", version: bytes = b"HTTP/1.1") -> bytes:
    """A request without a body to a path below the base path, with credentials."""
    return lines(b"%b @BASE@%b %b" % (method, path, version), HOST, AUTH, *headers, body=b"")


def post(path: bytes, body: bytes, *headers: bytes, method: bytes = b"POST", version: bytes = b"HTTP/1.1") -> bytes:
    """A request with a body and its length."""
    length = b"Content-Length: %d" % len(body)
    return lines(b"%b @BASE@%b %b" % (method, path, version), HOST, AUTH, *headers, length, body=body)


def chunked(path: bytes, *chunks: bytes, headers: tuple[bytes, ...] = (), end: bytes = b"0\r\n\r\n") -> bytes:
    """A POST whose body travels in these chunks."""
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    head = (b"POST @BASE@%b HTTP/1.1" % path, HOST, AUTH, b"Transfer-Encoding: chunked", *headers)
    return lines(*head, body=body + end)


GET = get(b"/keys/seeded")
SET = post(b"/keys/new", VALUE)
COMMAND = post(b"/", b'["GET", "seeded"]')
PIPELINE = post(b"/pipeline", b'[["SET", "p", "1"], ["INCR", "p"], ["GET", "seeded"]]')
SMUGGLED = lines(b"POST @BASE@/keys/smuggled HTTP/1.1", HOST, AUTH, b"Content-Length: %d" % len(VALUE), body=VALUE)

PLAIN = [
    Case("get a key", GET, (200,)),
    Case("get a key that is not UTF-8", get(b"/keys/binary"), (200,)),
    Case("get a key as bytes", get(b"/keys/binary", b"Accept: application/octet-stream"), (200,)),
    Case("get a missing key", get(b"/keys/missing"), (404,)),
    Case("set a key", SET, (200,)),
    Case("set a key for a minute", post(b"/keys/new", b'{"value": "v", "ttl_seconds": 60}'), (200,)),
    Case("set a number", post(b"/keys/new", b'{"value": 1.50}'), (200,)),
    Case("set bytes", post(b"/keys/new", b"\xff\x00\r\n", b"Content-Type: application/octet-stream"), (200,)),
    Case("delete a key", get(b"/keys/seeded", method=b"DELETE"), (200,)),
    Case("delete a missing key", get(b"/keys/missing", method=b"DELETE"), (200,)),
    Case("set a field", post(b"/hashes/h", b'{"field": "g", "value": "w"}'), (200,)),
    Case("get a field", get(b"/hashes/h/f"), (200,)),
    Case("get a missing field", get(b"/hashes/h/missing"), (404,)),
    Case("get a field of a string", get(b"/hashes/seeded/f"), BAD),
    Case("any command", post(b"/raw-command", b'{"command": "STRLEN", "args": ["seeded"]}'), (200,)),
    Case("one command in the body", COMMAND, (200,)),
    Case("one command in base64", post(b"/", b'["GET", "binary"]', b"Upstash-Encoding: base64"), (200,)),
    Case("one command in RESP", post(b"/", b'["GET", "binary"]', b"Upstash-Response-Format: resp2"), (200,)),
    Case("an unknown answer format", post(b"/", b'["GET", "binary"]', b"Upstash-Response-Format: xml"), BAD),
    Case("a failing command", post(b"/", b'["INCR", "seeded"]'), BAD),
    Case("an empty answer format", post(b"/", b'["GET", "binary"]', b"Upstash-Response-Format:"), BAD),
    Case("a failing command in RESP", post(b"/", b'["INCR", "seeded"]', b"Upstash-Response-Format: resp2"), BAD),
    Case("an unknown command", post(b"/", b'["NOSUCH"]'), BAD),
    Case("a refused command", post(b"/", b'["WATCH", "seeded"]'), BAD),
    Case("a pipeline", PIPELINE, (200,)),
    Case("a transaction", post(b"/multi-exec", b'[["SET", "p", "1"], ["INCR", "p"]]'), (200,)),
    Case("a discarded transaction", post(b"/multi-exec", b'[["SET", "p", "1"], ["NOSUCH"]]'), BAD),
    Case("a command in the path", get(b"/get/seeded"), (200,)),
    Case("a command in the path and body", post(b"/set/new?EX=100", b"v"), (200,)),
    Case("a command by PUT", post(b"/set/new", b"v", method=b"PUT"), (200,)),
    Case("a command by HEAD", get(b"/get/seeded", method=b"HEAD"), (200,), methods=("HEAD",)),
    Case("a failing command by HEAD", get(b"/incr/seeded", method=b"HEAD"), ((200, 400),), methods=("HEAD",)),
    Case("head of a key", get(b"/keys/seeded", method=b"HEAD"), ((200, 405),), methods=("HEAD",)),
    Case("a GET with a body", post(b"/keys/seeded", b"ignored", method=b"GET"), ((200, 400),)),
    Case("a DELETE with a body", post(b"/keys/seeded", b"ignored", method=b"DELETE"), ((200, 400),)),
    Case("a HEAD with a body", post(b"/get/seeded", b"ignored", method=b"HEAD"), ((200, 400),), methods=("HEAD",)),
    Case("the instance", get(b""), (200,)),
    Case("the instance with a slash", get(b"/"), ((200, 400, 404),)),
    Case("the description", get(b"/openapi.json"), (200,)),
    Case("the documentation", get(b"/docs"), (200,)),
    Case("liveness", lines(b"GET /livez HTTP/1.1", HOST), (200,)),
    Case("readiness", lines(b"GET /readyz HTTP/1.1", HOST), (200,)),
]

METHODS = [
    Case("PATCH", get(b"/keys/seeded", method=b"PATCH"), (405,)),
    Case("PUT to a key", post(b"/keys/seeded", VALUE, method=b"PUT"), (405,)),
    Case("DELETE of a command", get(b"/get/seeded", method=b"DELETE"), (405,)),
    Case("OPTIONS", get(b"/keys/seeded", method=b"OPTIONS"), ((200, 204, 405),)),
    Case("OPTIONS *", lines(b"OPTIONS * HTTP/1.1", HOST), ((200, 204, 400, 404, 405),), "alike"),
    Case(
        "a preflight",
        get(b"/", b"Origin: https://a.test", b"Access-Control-Request-Method: POST", method=b"OPTIONS"),
        ((200, 204, 405),),
    ),
    Case("TRACE", get(b"/keys/seeded", method=b"TRACE"), NO_SUCH_METHOD, "alike"),
    Case("CONNECT", lines(b"CONNECT cache.test:443 HTTP/1.1", HOST), ((400, 404, 405, 501),), "alike"),
    Case("PROPFIND", get(b"/keys/seeded", method=b"PROPFIND"), NO_SUCH_METHOD, "alike"),
    Case("an unknown method", get(b"/keys/seeded", method=b"BREW"), NO_SUCH_METHOD, "alike"),
    Case("a lower-case method", get(b"/keys/seeded", method=b"get"), NO_SUCH_METHOD, "alike"),
    Case("a method in both cases", get(b"/keys/seeded", method=b"Get"), NO_SUCH_METHOD, "alike"),
    Case("a method that is no token", get(b"/keys/seeded", method=b"G(T"), NO_SUCH_METHOD, "alike"),
    Case("a very long method", get(b"/keys/seeded", method=b"G" * 4000), NO_SUCH_METHOD, "alike"),
    Case("POST to liveness", lines(b"POST /livez HTTP/1.1", HOST, b"Content-Length: 0"), (405,)),
]

TARGETS = [
    Case("a slash in a key", get(b"/keys/a/b"), (404,)),
    Case("an encoded slash", post(b"/keys/a%2Fb", VALUE), (200,)),
    Case("an encoded NUL", post(b"/keys/%00%ff", VALUE), (200,)),
    Case("an encoded line break", post(b"/keys/a%0d%0ab", VALUE), (200,)),
    Case("a plus", post(b"/keys/a+b", VALUE), (200,)),
    Case("a semicolon and friends", post(b"/keys/;:@&=$,!~*'()", VALUE), (200,)),
    Case("signs that should be encoded", post(b'/keys/"<>[]{}|^`\\', VALUE), ((200, 400),)),
    Case("a percent sign alone", get(b"/keys/%"), ((400, 404),)),
    Case("half an escape", get(b"/keys/%4"), ((400, 404),)),
    Case("an escape that is no hex", get(b"/keys/%zz"), ((400, 404),)),
    Case("a bad escape in a command", post(b"/set/a%2/b%g0", b""), ((200, 400),)),
    Case("a bad escape in a query", get(b"/get/seeded?_token=%"), ((200, 400, 401),)),
    Case("an empty key", get(b"/keys/"), ((200, 400, 404),)),
    Case("a trailing slash", get(b"/get/seeded/"), (200,)),
    Case("an empty segment", get(b"/get//seeded"), (400,)),
    Case("dot segments", get(b"/keys/../get/seeded"), ((400, 404),)),
    Case("a dot as a key", get(b"/keys/."), ((200, 404),)),
    Case("encoded dot segments", get(b"/keys/%2e%2e"), (404,)),
    Case("a doubled slash", post(b"//pipeline", b'[["GET", "seeded"]]'), (200,)),
    Case("a doubled slash before a command", get(b"//get/seeded"), (200,)),
    Case("a doubled slash before the base path", lines(b"GET /@BASE@/keys/seeded HTTP/1.1", HOST, AUTH), ((200, 404),)),
    Case("an empty query", get(b"/keys/seeded?"), (200,)),
    Case("an unknown query", get(b"/keys/seeded?a=b&c"), ((200, 400),)),
    Case("a question mark twice", get(b"/echo/a?b?c"), ((200, 400),)),
    Case("a fragment", get(b"/keys/seeded#part"), ((200, 400, 404),), "alike"),
    Case("an absolute target", lines(b"GET http://cache.test@BASE@/keys/seeded HTTP/1.1", HOST, AUTH), (200,)),
    Case(
        "an absolute target without a path",
        lines(b"GET http://cache.test HTTP/1.1", HOST, AUTH),
        ((400, 404),),
        "alike",
    ),
    Case("a target without a slash", lines(b"GET keys/seeded HTTP/1.1", HOST, AUTH), (400,), "alike"),
    Case("an empty target", lines(b"GET  HTTP/1.1", HOST, AUTH), BAD, "closed"),
    Case("a space in the target", get(b"/keys/a b"), BAD, "closed"),
    Case("a tab in the target", get(b"/keys/a\tb"), BAD, "alike"),
    Case("a NUL in the target", get(b"/keys/a\x00b"), BAD, "alike"),
    Case("a DEL in the target", get(b"/keys/a\x7fb"), BAD, "alike"),
    Case("raw UTF-8 in the target", get("/keys/é".encode()), BAD, "alike"),
    Case("raw bytes in the target", get(b"/keys/\xff\xfe"), BAD, "alike"),
    Case("another instance", lines(b"GET /instances/another/keys/seeded HTTP/1.1", HOST, AUTH), (404,)),
    Case("a longer name", lines(b"GET @BASE@x/keys/seeded HTTP/1.1", HOST, AUTH), (404,)),
    Case("a shorter path", lines(b"GET /instances HTTP/1.1", HOST, AUTH), (404,)),
    Case("the root", lines(b"GET / HTTP/1.1", HOST, AUTH), (404,)),
    Case("an encoded base path", lines(b"GET /%69nstances/another/keys/seeded HTTP/1.1", HOST, AUTH), (404,)),
    Case("a token in the query", lines(b"GET @BASE@/get/seeded?_token=@KEY@ HTTP/1.1", HOST), (200,)),
    Case("a token in the query of a key", lines(b"GET @BASE@/keys/seeded?_token=@KEY@ HTTP/1.1", HOST), (200,)),
    Case("a wrong token in the query wins", get(b"/get/seeded?_token=wrong"), (401,)),
    Case("a token among arguments", lines(b"GET @BASE@/set/new/v?EX=9&_token=@KEY@ HTTP/1.1", HOST), (200,)),
    Case("a long target", get(b"/keys/" + b"k" * 3000), (404,)),
    Case("a target past every limit", get(b"/keys/" + b"k" * 70_000), ((413, 414, 431),), "closed"),
]

CREDENTIALS = [
    Case("no credential", lines(b"GET @BASE@/keys/seeded HTTP/1.1", HOST), (401,)),
    Case("a wrong key", lines(b"GET @BASE@/keys/seeded HTTP/1.1", HOST, b"Authorization: Bearer wrong"), (401,)),
    Case("an empty key", lines(b"GET @BASE@/keys/seeded HTTP/1.1", HOST, b"Authorization: Bearer "), (401,)),
    Case("an empty header", lines(b"GET @BASE@/keys/seeded HTTP/1.1", HOST, b"Authorization:"), (401,)),
    Case("basic", lines(b"GET @BASE@/keys/seeded HTTP/1.1", HOST, b"Authorization: Basic QEtFWUA="), (401,)),
    Case("no route and no credential", lines(b"PATCH @BASE@/keys/seeded HTTP/1.1", HOST), ((401, 405),)),
    Case(
        "a write without a credential",
        lines(b"POST @BASE@/keys/new HTTP/1.1", HOST, b"Content-Length: 14", body=VALUE),
        (401,),
    ),
    *(
        Case(f"spelled {spelling!r}", lines(b"GET @BASE@/keys/seeded HTTP/1.1", HOST, spelling), (200,))
        for spelling in (
            b"authorization: bearer @KEY@",
            b"AUTHORIZATION: BEARER @KEY@",
            b"Authorization:Bearer @KEY@",
            b"Authorization:   \t Bearer @KEY@",
            b"Authorization: Bearer @KEY@ \t ",
        )
    ),
    *(
        Case(f"spelled {spelling!r}", lines(b"GET @BASE@/keys/seeded HTTP/1.1", HOST, spelling), ((200, 401),))
        for spelling in (
            b"Authorization: Bearer   @KEY@",
            b"Authorization: Bearer\t@KEY@",
            b"Authorization: @KEY@",
            b"Authorization: Bearer: @KEY@",
            b"Authorization: Bearer @KEY@, Bearer @KEY@",
            b"Authorization: Bearer @KEY@ @KEY@",
            b'Authorization: Bearer "@KEY@"',
        )
    ),
    Case(
        "a key of other bytes",
        lines(b"GET @BASE@/keys/seeded HTTP/1.1", HOST, b"Authorization: Bearer \xff\xe9"),
        (401,),
    ),
    Case(
        "a wrong key before the right one",
        get(b"/keys/seeded", b"Authorization: Bearer wrong"),
        ((200, 400, 401),),
        "alike",
    ),
    Case(
        "the right key after a wrong one",
        lines(b"GET @BASE@/keys/seeded HTTP/1.1", HOST, b"Authorization: Bearer wrong", AUTH),
        ((400, 401),),
        "alike",
    ),
    Case("the key twice", get(b"/keys/seeded", AUTH), ((200, 400, 401),), "alike"),
    Case(
        "an underscore for a dash",
        lines(b"GET @BASE@/keys/seeded HTTP/1.1", HOST, b"Proxy_Authorization: Bearer @KEY@"),
        (401,),
    ),
]

HEADERS = [
    Case("a request id", get(b"/keys/seeded", b"X-Request-Id: abc-123"), (200,)),
    Case("a request id with a space", get(b"/keys/seeded", b"X-Request-Id: abc 123"), (200,)),
    Case("a request id that is too long", get(b"/keys/seeded", b"X-Request-Id: " + b"a" * 129), (200,)),
    Case("a request id that is not ASCII", get(b"/keys/seeded", b"X-Request-Id: \xc3\xa9"), (200,)),
    Case(
        "a traceparent",
        get(b"/keys/seeded", b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        (200,),
    ),
    Case("a broken traceparent", get(b"/keys/seeded", b"traceparent: 00-xyz"), (200,)),
    Case("an origin", get(b"/keys/seeded", b"Origin: https://a.test"), (200,)),
    Case("a hundred headers", get(b"/keys/seeded", *(b"X-%d: v" % i for i in range(100))), (200,)),
    Case(
        "seven hundred headers",
        get(b"/keys/seeded", *(b"X-%d: v" % i for i in range(700))),
        ((200, 413, 431),),
        "alike",
    ),
    Case("five thousand headers", get(b"/keys/seeded", *(b"X-%d: v" % i for i in range(5000))), TOO_LARGE, "closed"),
    Case("a value of 4,000 bytes", get(b"/keys/seeded", b"X-Long: " + b"v" * 4000), (200,)),
    *(
        Case(f"a value of {size:,} bytes", get(b"/keys/seeded", b"X-Long: " + b"v" * size), ((200, 413, 431),), "alike")
        for size in (*range(7900, 8200, 25), *range(16_100, 16_400, 25))
    ),
    Case("a value of 20,000 bytes", get(b"/keys/seeded", b"X-Long: " + b"v" * 20_000), TOO_LARGE, "closed"),
    Case("a value of a million bytes", get(b"/keys/seeded", b"X-Long: " + b"v" * 1_000_000), TOO_LARGE, "closed"),
    Case("a name of 20,000 bytes", get(b"/keys/seeded", b"x" * 20_000 + b": v"), TOO_LARGE, "closed"),
    Case(
        "headers that never end",
        get(b"/keys/seeded")[:-2] + b"X: " + b"v" * 70_000,
        TOO_LARGE,
        "closed",
    ),
    Case("an empty value", get(b"/keys/seeded", b"X-Empty:"), (200,)),
    Case("a value in Latin-1", get(b"/keys/seeded", b"X-Name: caf\xe9"), (200,)),
    Case("no host", lines(b"GET @BASE@/keys/seeded HTTP/1.1", AUTH), ((200, 400),), "alike"),
    Case("two hosts", get(b"/keys/seeded", b"Host: other.test"), ((200, 400),), "alike"),
    Case("a line without a colon", get(b"/keys/seeded", b"nonsense"), BAD, "closed"),
    Case("an empty name", get(b"/keys/seeded", b": v"), BAD, "closed"),
    Case("a space before the colon", get(b"/keys/seeded", b"X-Name : v"), BAD, "closed"),
    Case("a tab before the colon", get(b"/keys/seeded", b"X-Name\t: v"), BAD, "closed"),
    Case("a space inside a name", get(b"/keys/seeded", b"X Name: v"), BAD, "closed"),
    Case("a folded value", get(b"/keys/seeded", b"X-Name: v", b" more"), BAD, "closed"),
    Case("a folded value with a colon", get(b"/keys/seeded", b"X-Name: v", b"\tmore: v"), BAD, "closed"),
    Case("a folded first header", lines(b"GET @BASE@/keys/seeded HTTP/1.1", b" X-Name: v", HOST, AUTH), BAD, "closed"),
    Case("a NUL in a value", get(b"/keys/seeded", b"X-Name: a\x00b"), BAD, "closed"),
    Case("a NUL in a name", get(b"/keys/seeded", b"X\x00Name: v"), BAD, "closed"),
    Case("a bare CR in a value", get(b"/keys/seeded", b"X-Name: a\rb"), BAD, "closed"),
    Case("a bare LF in a value", get(b"/keys/seeded", b"X-Name: a\nX-Other: b"), BAD, "closed"),
    Case("a name that is no token", get(b"/keys/seeded", b"X(Name): v"), ((200, 400),), "alike"),
    Case("a name that is not ASCII", get(b"/keys/seeded", b"X-N\xc3\xa9: v"), ((200, 400),), "alike"),
    Case("a control character in a value", get(b"/keys/seeded", b"X-Name: a\x01b"), ((200, 400),), "alike"),
    Case(
        "a content type of a form",
        post(b"/set/new", b"a=b", b"Content-Type: application/x-www-form-urlencoded"),
        (200,),
    ),
    Case("a content type of nonsense", post(b"/keys/new", VALUE, b"Content-Type: ;;;"), ((200, 400, 415),)),
    Case("an Accept of nonsense", get(b"/keys/seeded", b"Accept: ,;q=x"), (200,)),
    Case("an Accept list", get(b"/keys/binary", b"Accept: text/html, application/octet-stream;q=0.9"), (200,)),
    Case("two Accepts", get(b"/keys/binary", b"Accept: text/html", b"Accept: application/octet-stream"), (200,)),
    Case("a cookie", get(b"/keys/seeded", b"Cookie: a=b; c"), (200,)),
    Case("gzip welcome", get(b"/keys/seeded", b"Accept-Encoding: gzip, deflate"), (200,)),
    Case("an empty sync token", post(b"/", b'["GET", "seeded"]', b"Upstash-Sync-Token:"), (200,)),
    Case("a foreign sync token", post(b"/", b'["GET", "seeded"]', b"Upstash-Sync-Token: my-token"), (200,)),
]

VERSIONS = [
    Case("HTTP/1.0", get(b"/keys/seeded", version=b"HTTP/1.0"), (200,), "closed"),
    Case("HTTP/1.0 without a host", lines(b"GET @BASE@/keys/seeded HTTP/1.0", AUTH), (200,), "closed"),
    Case("HTTP/1.0 that stays", get(b"/keys/seeded", b"Connection: keep-alive", version=b"HTTP/1.0"), (200,), "alike"),
    Case("HTTP/1.0 with a body", post(b"/keys/new", VALUE, version=b"HTTP/1.0"), (200,), "closed"),
    Case("HTTP/1.0 with a missing key", get(b"/keys/missing", version=b"HTTP/1.0"), (404,), "closed"),
    Case("HTTP/0.9", lines(b"GET @BASE@/keys/seeded"), BAD, "closed"),
    Case("HTTP/1.2", get(b"/keys/seeded", version=b"HTTP/1.2"), ((200, 400, 505),), "alike"),
    Case("HTTP/2.0", get(b"/keys/seeded", version=b"HTTP/2.0"), ((400, 505),), "closed"),
    Case("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ((400, 505),), "closed"),
    Case("a lower-case version", get(b"/keys/seeded", version=b"http/1.1"), BAD, "closed"),
    Case("a version of nonsense", get(b"/keys/seeded", version=b"HTTP/1.1x"), BAD, "closed"),
    Case("a version with a space", get(b"/keys/seeded", version=b"HTTP/1.1 "), BAD, "closed"),
    Case("two spaces after the method", lines(b"GET  @BASE@/keys/seeded HTTP/1.1", HOST, AUTH), BAD, "closed"),
    Case("a tab after the method", lines(b"GET\t@BASE@/keys/seeded HTTP/1.1", HOST, AUTH), BAD, "closed"),
    Case("a space before the method", b" " + GET, BAD, "closed"),
    Case("an empty line before the method", b"\r\n" + GET, ((200, 400),), "alike"),
    Case("garbage", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", BAD, "closed"),
    Case("only line breaks", b"\r\n\r\n\r\n\r\n", BAD, "alike"),
    Case("bare line feeds", GET.replace(b"\r\n", b"\n") + b"\r\n\r\n", ((200, 400),), "closed"),
    Case(
        "a websocket",
        get(
            b"/keys/seeded",
            b"Connection: Upgrade",
            b"Upgrade: websocket",
            b"Sec-WebSocket-Version: 13",
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ),
        ((200, 400, 426),),
        "alike",
    ),
    Case(
        "an upgrade to h2c",
        get(
            b"/keys/seeded",
            b"Connection: Upgrade, HTTP2-Settings",
            b"Upgrade: h2c",
            b"HTTP2-Settings: AAMAAABkAAQAAP__",
        ),
        (200,),
        "alike",
    ),
    Case("an Upgrade that Connection does not name", get(b"/keys/seeded", b"Upgrade: h2c"), (200,), "alike"),
    Case("a POST that upgrades", post(b"/keys/new", VALUE, b"Connection: Upgrade", b"Upgrade: h2c"), (200,), "alike"),
]

CONNECTION = [
    Case("close", get(b"/keys/seeded", b"Connection: close"), (200,), "closed"),
    Case("Close", get(b"/keys/seeded", b"connection:Close"), (200,), "closed"),
    Case("keep-alive", get(b"/keys/seeded", b"Connection: keep-alive"), (200,)),
    Case("Keep-Alive", get(b"/keys/seeded", b"Connection: Keep-Alive"), (200,)),
    Case("keep-alive and a space", get(b"/keys/seeded", b"Connection: keep-alive "), (200,), "alike"),
    Case("a list with close", get(b"/keys/seeded", b"Connection: TE, close"), (200,), "closed"),
    Case("a list with keep-alive", get(b"/keys/seeded", b"Connection: keep-alive, TE", b"TE: trailers"), (200,), "alike"),
    Case("close and keep-alive", get(b"/keys/seeded", b"Connection: close, keep-alive"), (200,), "closed"),
    Case(
        "close, then keep-alive",
        get(b"/keys/seeded", b"Connection: close", b"Connection: keep-alive"),
        (200,),
        "closed",
    ),
    Case(
        "keep-alive, then close",
        get(b"/keys/seeded", b"Connection: keep-alive", b"Connection: close"),
        (200,),
        "closed",
    ),
    Case("another word", get(b"/keys/seeded", b"Connection: X-Name", b"X-Name: v"), (200,), "alike"),
    Case("an empty Connection", get(b"/keys/seeded", b"Connection:"), (200,), "alike"),
    Case("close after an error", get(b"/keys/missing", b"Connection: close"), (404,), "closed"),
    Case("close after a refusal", lines(b"GET @BASE@/keys/seeded HTTP/1.1", HOST, b"Connection: close"), (401,), "closed"),
    Case("close after a write", post(b"/keys/new", VALUE, b"Connection: close"), (200,), "closed"),
    Case("Proxy-Connection", get(b"/keys/seeded", b"Proxy-Connection: close"), (200,)),
]

EXPECT = [
    Case("100-continue with the body at once", post(b"/keys/new", VALUE, b"Expect: 100-continue"), (200,)),
    Case("100-Continue in capitals", post(b"/keys/new", VALUE, b"expect: 100-CONTINUE"), (200,)),
    Case("100-continue without a body", get(b"/keys/seeded", b"Expect: 100-continue"), (200,)),
    Case("100-continue with a body of no bytes", post(b"/dbsize", b"", b"Expect: 100-continue"), (200,)),
    Case("100-continue in chunks", chunked(b"/keys/new", VALUE, headers=(b"Expect: 100-continue",)), (200,)),
    Case(
        "100-continue in HTTP/1.0",
        post(b"/keys/new", VALUE, b"Expect: 100-continue", version=b"HTTP/1.0"),
        (200,),
        "closed",
    ),
    Case("another expectation", post(b"/keys/new", VALUE, b"Expect: 200-ok"), ((200, 417),), "alike"),
    Case("another expectation without a body", get(b"/keys/seeded", b"Expect: 200-ok"), ((200, 417),), "alike"),
    Case("two expectations", post(b"/keys/new", VALUE, b"Expect: 100-continue, x"), ((200, 417),), "alike"),
    Case("an empty expectation", post(b"/keys/new", VALUE, b"Expect:"), ((200, 417),), "alike"),
    Case(
        "100-continue without a credential",
        lines(b"POST @BASE@/keys/new HTTP/1.1", HOST, b"Expect: 100-continue", b"Content-Length: 14", body=VALUE),
        (401,),
        "alike",
    ),
]

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
    Case("a byte order mark", post(b"/keys/new", b"\xef\xbb\xbf" + VALUE), ((200, 400),)),
    Case("JSON in UTF-16", post(b"/keys/new", VALUE.decode().encode("utf-16-le")), BAD),
    Case("JSON that is not UTF-8", post(b"/keys/new", b'{"value": "\xff"}'), BAD),
    Case("a command that is not UTF-8", post(b"/", b'["SET", "new", "\xff"]'), BAD),
    Case("half a surrogate pair", post(b"/keys/new", b'{"value": "\\ud800"}'), ((200, 400),)),
    Case("half a surrogate pair in a command", post(b"/", b'["SET", "new", "\\ud800"]'), ((200, 400),)),
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
    Case("too many commands", post(b"/pipeline", b"[" + b",".join([b'["PING"]'] * 51) + b"]"), ((400, 413),)),
    Case("as many commands as may be", post(b"/pipeline", b"[" + b",".join([b'["PING"]'] * 50) + b"]"), (200,)),
]

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
    Case("a trailer", chunked(b"/keys/new", VALUE, end=b"0\r\nX-Trailer: v\r\n\r\n"), ((200, 400),), "alike"),
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

CASES = [
    Case(f"{group}: {case.name}", case.request, case.statuses, case.after, case.methods)
    for group, cases in {
        "plain": PLAIN,
        "method": METHODS,
        "target": TARGETS,
        "credential": CREDENTIALS,
        "header": HEADERS,
        "version": VERSIONS,
        "connection": CONNECTION,
        "expect": EXPECT,
        "body": BODIES,
        "chunked": CHUNKED,
        "length": LENGTHS,
        "pipelined": PIPELINED,
        "smuggling": SMUGGLING,
    }.items()
    for case in cases
]
