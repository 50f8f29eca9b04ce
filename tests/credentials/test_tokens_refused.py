"""Tokens that nobody with the instance key made, or not for this use: each is 401 and does nothing."""

import json
import time
from collections.abc import Callable

import jwt
import pytest
import redis

from tests.credentials.forging import claims, encode, forge
from tests.faults.traffic import client_of
from tests.harness.sidecar import Sidecar

Forgery = Callable[[Sidecar], str]
OTHER_KEY = "another-key-of-enough-characters-0123456789"
HS256 = {"alg": "HS256", "typ": "JWT"}


def unsigned(algorithm: str, signature: str = "") -> Forgery:
    return lambda sidecar: f"{encode(json.dumps({'alg': algorithm}))}.{encode(json.dumps(claims(sidecar)))}.{signature}"


def headed(**header: object) -> Forgery:
    return lambda sidecar: forge(header, claims(sidecar), sidecar.api_key)


def claiming(**changes: object) -> Forgery:
    return lambda sidecar: forge(HS256, claims(sidecar, **changes), sidecar.api_key)


def containing(payload: str | bytes) -> Forgery:
    return lambda sidecar: forge(HS256, payload, sidecar.api_key)


def altered(alter: Callable[[str], str]) -> Forgery:
    return lambda sidecar: alter(forge(HS256, claims(sidecar), sidecar.api_key))


def widened(token: str) -> str:
    header, payload, signature = token.split(".")
    content = json.loads(jwt.utils.base64url_decode(payload))
    return f"{header}.{encode(json.dumps({**content, 'scope': 'admin'}))}.{signature}"


FORGERIES: dict[str, Forgery] = {
    **{f"alg {name}, unsigned": unsigned(name) for name in ("none", "None", "NONE", "nOnE", "", "HS256")},
    "alg none, signed": headed(alg="none"),
    "alg none, another signature": unsigned("none", "AAAA"),
    **{f"alg {name} over an HMAC": headed(alg=name) for name in ("RS256", "ES256", "PS256", "EdDSA", "HS384", "HS512")},
    "alg in lower case": headed(alg="hs256"),
    "no alg": headed(typ="JWT"),
    "alg of a list": headed(alg=["HS256", "none"]),
    "HS384": lambda sidecar: forge({"alg": "HS384"}, claims(sidecar), sidecar.api_key, "sha384"),
    "HS512": lambda sidecar: forge({"alg": "HS512"}, claims(sidecar), sidecar.api_key, "sha512"),
    "a critical extension": headed(alg="HS256", crit=["exp2"], exp2=1),
    "its own key in the header": lambda sidecar: forge(
        {**HS256, "jwk": {"kty": "oct", "k": encode(OTHER_KEY)}}, claims(sidecar), OTHER_KEY
    ),
    "a key file in the header": lambda sidecar: forge({**HS256, "kid": "/dev/null"}, claims(sidecar), ""),
    "another key": lambda sidecar: forge(HS256, claims(sidecar), OTHER_KEY),
    "an empty key": lambda sidecar: forge(HS256, claims(sidecar), ""),
    "half the key": lambda sidecar: forge(HS256, claims(sidecar), sidecar.api_key[:16]),
    "the key and a line break": lambda sidecar: forge(HS256, claims(sidecar), sidecar.api_key + "\n"),
    "the name of the instance as the key": lambda sidecar: forge(HS256, claims(sidecar), sidecar.instance),
    "another instance": claiming(aud="another"),
    "a longer name": lambda sidecar: forge(HS256, claims(sidecar, aud=sidecar.instance + "2"), sidecar.api_key),
    "the name in capitals": lambda sidecar: forge(HS256, claims(sidecar, aud=sidecar.instance.upper()), sidecar.api_key),
    "no aud": claiming(aud=...),
    "aud null": claiming(aud=None),
    "aud of a number": claiming(aud=1),
    "aud of everything": claiming(aud="*"),
    "aud of others": claiming(aud=["another", "third"]),
    "aud of none": claiming(aud=[]),
    "no exp": claiming(exp=...),
    "exp null": claiming(exp=None),
    "expired": lambda sidecar: forge(HS256, claims(sidecar, exp=int(time.time()) - 60), sidecar.api_key),
    "expired long ago": claiming(exp=0),
    "exp below zero": claiming(exp=-1),
    "exp of words": claiming(exp="tomorrow"),
    "exp of a list": claiming(exp=[2**40]),
    "exp of an object": claiming(exp={"at": 2**40}),
    "exp Infinity": claiming(exp=float("inf")),
    "exp NaN": claiming(exp=float("nan")),
    "not yet valid": lambda sidecar: forge(HS256, claims(sidecar, nbf=int(time.time()) + 3600), sidecar.api_key),
    "nbf of words": claiming(nbf="now"),
    "nbf Infinity": claiming(nbf=float("inf")),
    "iat of words": claiming(iat="now"),
    **{
        f"scope {scope!r}": claiming(scope=scope)
        for scope in (
            "",
            "root",
            "Admin",
            "WRITE",
            "read write",
            "read,admin",
            "*",
            "admin\n",
            1,
            True,
            ["admin"],
            {"admin": 1},
        )
    },
    **{f"acl {acl!r}": claiming(acl=acl) for acl in (1, True, ["~*"], {"~*": "+@all"})},
    "a payload of a list": containing('["scope", "admin"]'),
    "a payload of a string": containing('"admin"'),
    "a payload of null": containing("null"),
    "a payload of nonsense": containing("{"),
    "a payload that is not UTF-8": containing(b"\xff\xfe"),
    "a payload of deep brackets": containing("[" * 2000 + "]" * 2000),
    "a payload with a long number": containing('{"exp": ' + "9" * 5_000 + "}"),
    "a widened payload": altered(widened),
    "no signature": altered(lambda token: token.rsplit(".", 1)[0]),
    "an empty signature": altered(lambda token: token.rsplit(".", 1)[0] + "."),
    "a shortened signature": altered(lambda token: token[:-4]),
    "a longer signature": altered(lambda token: token + "AAAA"),
    "the signature twice": altered(lambda token: token + "." + token.rsplit(".", 1)[1]),
    "five parts": altered(lambda token: token + ".a.b"),
    "only dots": lambda _: "..",
    "no base64": lambda _: "a.b.c",
    "a long token": lambda _: "a" * 3000 + "." + "b" * 1000 + ".c",
    "nearly the key": lambda sidecar: sidecar.api_key[:-1],
    "the key and more": lambda sidecar: sidecar.api_key + "x",
    "the key in other letters": lambda sidecar: sidecar.api_key.swapcase(),
    "the key with a comma": lambda sidecar: f"{sidecar.api_key},{sidecar.api_key}",
    "the name of the instance": lambda sidecar: sidecar.instance,
    "the word null": lambda _: "null",
    "the word undefined": lambda _: "undefined",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
def test_token_is_refused_and_nothing_is_executed(sidecar: Sidecar, database: redis.Redis, forgery: Forgery) -> None:
    token = forgery(sidecar)
    with client_of(sidecar, token) as http:
        for _ in range(2):
            answers = [
                http.post("/keys/canary", json={"value": "v"}),
                http.post("/", json=["SET", "canary", "v"]),
                http.post("/pipeline", json=[["SET", "canary", "v"]]),
                http.get("/keys/secret:1"),
                http.get("/set/canary/v", params={"_token": token}),
            ]
            for answer in answers:
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"].startswith("Bearer")
                assert answer.json()["error"].startswith("WRONGPASS")
                assert token not in answer.text
    assert not database.exists("canary")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"nbf": 0, "iat": 0},
        {"exp": 2**33 + 0.5},
        {"scope": ...},
        {"sub": "somebody", "jti": "1", "iss": "me"},
    ],
    ids=repr,
)
def test_token_of_another_shape_that_is_right_is_accepted(sidecar: Sidecar, database: redis.Redis, changes: dict[str, object]) -> None:
    with client_of(sidecar, forge(HS256, claims(sidecar, **changes), sidecar.api_key)) as http:
        assert http.post("/keys/canary", json={"value": "v"}).status_code == 200
    assert database.get("canary") == b"v"


@pytest.mark.usefixtures("database")
def test_token_that_was_used_is_refused_once_it_expires(sidecar: Sidecar) -> None:
    expiry = int(time.time()) + 2
    token = forge(HS256, claims(sidecar, exp=expiry), sidecar.api_key)
    with client_of(sidecar, token) as http:
        answers: list[tuple[float, int]] = []
        while not answers or (answers[-1][1] == 200 and time.time() < expiry + 5):
            answers.append((time.time(), http.get("/keys/user:1").status_code))
    assert len(answers) > 10
    assert {status for at, status in answers if at < expiry - 0.5} == {200}
    assert answers[-1][1] == 401
    assert answers[-1][0] < expiry + 1.5


@pytest.mark.usefixtures("database")
def test_token_is_accepted_once_its_time_comes(sidecar: Sidecar) -> None:
    start = int(time.time()) + 2
    with client_of(sidecar, forge(HS256, claims(sidecar, nbf=start), sidecar.api_key)) as http:
        assert http.get("/keys/user:1").status_code == 401
        while http.get("/keys/user:1").status_code == 401:
            assert time.time() < start + 3, "a refusal was remembered past its time"
