"""Which kind of connection a command is sent on."""

from collections.abc import Sequence
from typing import Any

import pytest

from kuberedis_sidecar.redis.command_table import CommandTable, Dispatch, command_name
from tests.pure.sidecar.calls import command_table


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["GET", "k"], Dispatch.SHARED),
        ([b"get", b"k"], Dispatch.SHARED),
        (["no.such.command"], Dispatch.SHARED),
        (["EVAL", "return 1"], Dispatch.SCRIPT),
        ([b"evalsha_ro", b"0"], Dispatch.SCRIPT),
        (["fcall", "f"], Dispatch.SCRIPT),
        (["SCRIPT", "LOAD", "return 1"], Dispatch.SHARED),
        (["BLPOP", "k", "0"], Dispatch.DEDICATED),
        ([b"bLpOp", b"k", b"0"], Dispatch.DEDICATED),
        (["WAIT", "1", "0"], Dispatch.DEDICATED),
        (["XREAD", "STREAMS", "s", "0"], Dispatch.SHARED),
        (["XREAD", "BLOCK", "0", "STREAMS", "s", "0"], Dispatch.DEDICATED),
        ([b"xread", b"COUNT", b"1", b"block", b"0", b"STREAMS", b"s", b"0"], Dispatch.DEDICATED),
        (["MULTI"], Dispatch.REFUSED),
        ([b"subscribe", b"c"], Dispatch.REFUSED),
        (["Client", "ID"], Dispatch.REFUSED),
        ([b"\xff"], Dispatch.SHARED),
    ],
)
def test_command_has_a_kind_of_connection(command: Sequence[object], expected: Dispatch) -> None:
    assert command_table().dispatch(command) is expected


def test_commands_of_redis_are_known_in_both_letter_cases() -> None:
    assert {"GET", "get", "HSET", "hset"} <= command_table().shared


@pytest.mark.parametrize("command", [["BLPOP", "k", "0"], ["XREAD", "STREAMS"], ["EVAL", ""], ["MULTI"], ["no.such.command"]])
def test_commands_that_need_a_decision_are_not_shared_whatever_their_arguments(command: list[str]) -> None:
    table = command_table()
    table.dispatch(command)
    assert command[0] not in table.shared


def test_other_spellings_are_remembered_up_to_a_bound() -> None:
    table = command_table()
    table.dispatch(["gEt", "k"])
    assert "gEt" in table.shared
    table.shared |= {str(number) for number in range(4096)}
    table.dispatch(["geT", "k"])
    assert "geT" not in table.shared


def test_blocking_commands_of_a_newer_redis_are_known_from_its_table() -> None:
    table = CommandTable.from_reply([[b"newpop", -2, [b"write", b"blocking"]]])
    assert table.dispatch(["NEWPOP", "k"]) is Dispatch.DEDICATED


def test_subcommands_are_among_the_names() -> None:
    table = CommandTable.from_reply([[b"config", -2, [], 0, 0, 0, [], [], [], [[b"config|get", 3], [b"config|set", 4]]]])
    assert table.names == {"config", "config|get", "config|set"}


def test_blocking_commands_are_assumed_before_the_table_is_known() -> None:
    assert CommandTable().dispatch(["BRPOP", "k", "0"]) is Dispatch.DEDICATED
    assert CommandTable().dispatch(["GET", "k"]) is Dispatch.SHARED


@pytest.mark.parametrize(("command", "name"), [(["get"], "GET"), ([b"Get"], "GET"), ([b"\xff"], "\ufffd"), ([1], "1")])
def test_name_is_text_in_upper_case(command: Sequence[object], name: str) -> None:
    assert command_name(command) == name


def test_name_of_one_character_is_not_shared_whatever_its_arguments() -> None:
    table = CommandTable.from_reply([[b"g", 1, []], [b"get", 2, []]])
    assert table.shared == {"get", "GET"}


@pytest.mark.parametrize(
    ("command", "read", "write"),
    [
        (["GET", "k"], True, False),
        ([b"get", b"k"], True, False),
        (["SET", "k", "v"], False, True),
        (["PUBLISH", "c", "m"], False, False),
        (["XINFO", "STREAM", "s"], True, False),
        ([b"xgroup", b"Create", b"s"], False, True),
        (["XINFO"], False, False),
        (["XINFO", 1], False, False),
        (["XINFO", "STREAM" * 100], False, False),
        (["NO-SUCH", "GET"], False, False),
    ],
)
def test_reads_and_writes_are_told_apart_by_the_flags_of_redis(command: list[Any], read: bool, write: bool) -> None:
    table = CommandTable.from_reply(
        [
            [b"get", 2, [b"readonly", b"fast"]],
            [b"set", -3, [b"write", b"denyoom"]],
            [b"publish", 3, [b"pubsub", b"may_replicate"]],
            [b"xinfo", -2, [], 0, 0, 0, [], [], [], [[b"xinfo|stream", -3, [b"readonly"]]]],
            [b"xgroup", -2, [], 0, 0, 0, [], [], [], [[b"xgroup|create", -5, [b"write"]]]],
        ]
    )
    assert (table.is_read(command), table.is_write(command)) == (read, write)
