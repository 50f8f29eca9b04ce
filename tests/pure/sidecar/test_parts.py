"""Where a plan is cut: behind each command that may block, and behind each script."""

from typing import Any

import pytest

from kuberedis_sidecar.gateway.parts import parts
from tests.pure.sidecar.calls import plan

_EVAL = ["EVAL", "s", "0"]
_POP = ["BLPOP", "k", "0"]


@pytest.mark.parametrize(
    ("path", "sent", "expected"),
    [
        ("/", _EVAL, [(["EVAL"], True)]),
        ("/", _POP, [(["BLPOP"], False)]),
        ("/pipeline", [["PING"], ["PING"]], [(["PING", "PING"], False)]),
        ("/pipeline", [["PING"], _EVAL, _EVAL, ["PING"]], [(["PING", "EVAL"], True), (["EVAL"], True), (["PING"], False)]),
        ("/pipeline", [_POP, ["PING"], [], _EVAL], [(["BLPOP"], False), (["PING", "EVAL"], True)]),
        ("/multi-exec", [["PING"], _EVAL, ["PING"]], [(["MULTI", "PING", "EVAL", "PING", "EXEC"], True)]),
    ],
)
def test_plan_is_cut(path: str, sent: Any, expected: list[tuple[list[str], bool]]) -> None:
    assert [([command[0] for command in part.commands], part.script) for part in parts(plan("POST", path, sent))] == expected
