"""The usual bodies are read by shortcuts; their outcome is that of the general way, which is the json module of Python."""

from __future__ import annotations

import json
from random import Random
from typing import NoReturn

import pytest

from kuberedis_sidecar.api import json_body, resources, router
from kuberedis_sidecar.api.json_body import Integer, Number, Parsed
from kuberedis_sidecar.api.model import Outcome, Plan, Request, RequestOptions, Response
from kuberedis_sidecar.errors import BadCommand
from kuberedis_sidecar.redis.resp import pack
from tests.pure.sidecar.calls import context

_BODIES = 4000
_NAMES = ("value", "ttl_seconds", "encoding", "field", "command", "args", "Value", "")
_TEXTS = ("", "GET", "set", "k", "v w", "é", "日本", "😀", "\u2028", "\x7f", "/", "base64", "dg==", "60", "a" * 80)
_ESCAPES = (
    r"\n",
    r"\"",
    r"\\",
    r"\/",
    r"\u0041",
    r"\u0000",
    r"\u00e9",
    r"\ud83d\ude00",
    r"\ud800",
    r"\udc00",
    r"\x",
    r"\u12",
    "\n",
    "\0",
    '"',
)
_NUMBERS = (
    "0 -0 1 60 007 -1 +1 1.0 1. .5 1e2 1E400 9223372036854775 9223372036854776000 18446744073709551616 12345678901234567890123".split()
)
_WORDS = ("true", "false", "null", "NaN", "Infinity", "nul")
_SPACES = ("", "", "", " ", "\n", "\t\r", "\x0b", "\ufeff")
_BYTES = (b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\x00", b'"', b"\\", b"}", b"]", b",", b"0")


class _Bodies(Random):
    """Makes bodies that are JSON, or almost."""

    def body(self, path: bytes) -> bytes:
        usual = {b"/": self.command, b"/keys/k": self.object_with_a_value, b"/pipeline": self.pipeline}[path]
        body = (usual() if self.random() < 0.9 else self.value(3)).encode("utf-8", "surrogatepass")
        if self.random() < 0.1:
            body = b"\xef\xbb\xbf" + body
        if self.random() < 0.2:
            at = self.randint(0, len(body))
            body = body[:at] + self.choice((b"", self.choice(_BYTES))) + body[at + self.randint(0, 1) :]
        return body

    def object_with_a_value(self) -> str:
        members = [f'"value"{self.space()}:{self.space()}{self.string()}']
        if self.random() < 0.5:
            members.append(f'"ttl_seconds":{self.space()}{self.choice(_NUMBERS)}')
        if self.random() < 0.3:
            members.append(f"{self.string_of(_NAMES)}: {self.value(1)}")
        self.shuffle(members)
        return "{" + ",".join(members) + "}"

    def command(self) -> str:
        scalars = (self.string, self.string, self.string, lambda: self.choice((*_NUMBERS, *_WORDS)))
        return "[" + ", ".join([self.string_of(_TEXTS), *(self.choice(scalars)() for _ in range(self.randint(0, 4)))]) + "]"

    def pipeline(self) -> str:
        return "[" + ",".join(self.command() for _ in range(self.randint(1, 3))) + "]"

    def value(self, depth: int) -> str:
        kind = self.randint(0, 4 if depth else 2)
        if kind == 0:
            return self.choice((*_NUMBERS, *_WORDS))
        if kind < 3:
            return self.string()
        values = [self.value(depth - 1) for _ in range(self.randint(0, 3))]
        if kind == 3:
            return f"{self.space()}[{self.space()}{','.join(values)}]{self.space()}"
        return "{" + ",".join(f"{self.string_of(_NAMES)}:{value}" for value in values) + "}" + self.space()

    def string(self) -> str:
        return '"' + "".join(self.choice(_ESCAPES) if self.random() < 0.1 else self.choice(_TEXTS) for _ in range(self.randint(0, 3))) + '"'

    def string_of(self, texts: tuple[str, ...]) -> str:
        return f'"{self.choice(texts)}"'

    def space(self) -> str:
        return self.choice(_SPACES)


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _in_the_general_way(body: bytes) -> Parsed:
    try:
        value = json.loads(json_body.decode(body), parse_int=Integer, parse_float=Number, parse_constant=_refuse)
    except ValueError:
        return Parsed(None, is_json=False)
    return Parsed(value, is_json=True)


def _as_a_large_body(body: bytes) -> Parsed:
    try:
        return json_body.parse_text(json_body.decode(body))
    except ValueError:
        return Parsed(None, is_json=False)


def _what_is_sent(outcome: Outcome) -> object:
    if isinstance(outcome, Response):
        return outcome.status, outcome.body
    assert isinstance(outcome, Plan)
    try:
        sent = pack(outcome.commands)
    except BadCommand:
        return "served again, with a check"
    return outcome.route, sent, outcome.blocking, outcome.scripts, outcome.raw


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("POST", b"/keys/k", b""),
        ("PUT", b"/keys/k", b"ttl_seconds=5"),
        ("POST", b"/", b""),
        ("POST", b"/pipeline", b""),
    ],
)
@pytest.mark.parametrize("faster_bytes", [4096, -1], ids=["small", "as if large"])
def test_body_means_the_same_by_a_shortcut_and_in_the_general_way(
    monkeypatch: pytest.MonkeyPatch, method: str, path: bytes, query: bytes, faster_bytes: int
) -> None:
    monkeypatch.setattr(resources, "_FASTER_BYTES", faster_bytes)
    bodies, used, sent = _Bodies(path), context(), 0
    for _ in range(_BODIES):
        body = bodies.body(path)
        usual = router.translate(Request(method, path, query, body, RequestOptions()), used)
        for parse in (_in_the_general_way, _as_a_large_body):
            general = router.translate(Request(method, path, query, b"", RequestOptions(), parsed=parse(body)), used)
            assert _what_is_sent(usual) == _what_is_sent(general), body
        sent += isinstance(usual, Plan)
    # There are enough of both kinds.
    assert _BODIES // 10 < sent < _BODIES * 9 // 10
