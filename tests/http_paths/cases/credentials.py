"""Credentials: missing, wrong, twice, and every spelling of the header."""

from tests.http_paths.raw_requests import AUTH, HOST, VALUE, Case, get, lines

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
