"""What may be sent again to the next primary: nothing that may have been executed, unless it changes nothing."""

from typing import Any

import pytest

from kuberedis_sidecar.errors import ErrorReply
from kuberedis_sidecar.redis.command_table import CommandTable
from kuberedis_sidecar.redis.replies import MULTI
from kuberedis_sidecar.redis.resending import is_refusal, resend_from

TABLE = CommandTable(reads=frozenset({"get", "xinfo|stream"}), writes=frozenset({"set", "incr", "xgroup|create"}))

GET, SET, PUBLISH, EVAL, EXEC = ("GET", "k"), (b"SET", b"k", b"v"), ("publish", "c", "m"), ("EVAL", "s", 0), ("EXEC",)

READONLY = ErrorReply("READONLY You can't write against a read only replica.")
LOADING = ErrorReply("LOADING Redis is loading the dataset in memory")
MASTERDOWN = ErrorReply("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.")
UNBLOCKED = ErrorReply("UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)")
WRONGTYPE = ErrorReply("WRONGTYPE Operation against a key holding the wrong kind of value")
ABORTED = ErrorReply("EXECABORT Transaction discarded because of previous errors.")
ABORTED_AS_REPLICA = ErrorReply("EXECABORT Transaction discarded because of: READONLY You can't write against a read only replica.")


@pytest.mark.parametrize(
    ("reply", "raw", "expected"),
    [
        (READONLY, False, True),
        (LOADING, False, True),
        (MASTERDOWN, False, True),
        (UNBLOCKED, False, True),
        (ErrorReply("UNBLOCKED client unblocked via CLIENT UNBLOCK"), False, False),
        (WRONGTYPE, False, False),
        (ErrorReply("READONLYISH of a module"), False, False),
        (b"READONLY is a value", False, False),
        (b"-READONLY is a value", False, False),
        (b"-READONLY You can't write\r\n", True, True),
        (b"-WRONGTYPE Operation\r\n", True, False),
        (b"$9\r\nREADONLY \r\n", True, False),
        (None, False, False),
        (1, False, False),
        ([READONLY], False, False),
    ],
)
def test_refusal(reply: Any, raw: bool, expected: bool) -> None:
    assert is_refusal(reply, raw) is expected


@pytest.mark.parametrize(
    ("commands", "replies", "expected"),
    [
        # Everything was replied to.
        ([SET], [b"OK"], None),
        ([SET], [WRONGTYPE], None),
        ([SET, GET], [b"OK", b"v"], None),
        # Refused.
        ([SET], [READONLY], 0),
        ([GET], [LOADING], 0),
        ([GET], [MASTERDOWN], 0),
        ([SET, SET], [b"OK", READONLY], 1),
        ([SET, SET, GET], [b"OK", READONLY, b"v"], 1),
        ([SET, GET, SET], [READONLY, b"v", READONLY], 0),
        ([SET, PUBLISH], [READONLY, 0], 0),
        ([SET, EVAL], [READONLY, b"read by a script"], 0),
        ([SET, SET], [READONLY, WRONGTYPE], None),
        # Promoted in between: to send the second one again would execute it twice, and the first one alone would change their order.
        ([SET, SET], [READONLY, b"OK"], None),
        # The connection broke.
        ([GET], [], 0),
        (["xinfo stream k".split()], [], 0),
        (["xgroup create k".split()], [], None),
        ([SET], [], None),
        ([EVAL], [], None),
        ([PUBLISH], [], None),
        ([("NO-SUCH",)], [], None),
        ([GET, GET, GET], [b"1", b"2"], 2),
        ([SET, GET], [b"OK"], 1),
        ([SET, GET], [], None),
        ([GET, SET], [b"v"], None),
        ([SET, GET], [READONLY], 0),
        ([SET, SET], [READONLY], None),
    ],
)
def test_pipeline(commands: list[Any], replies: list[Any], expected: int | None) -> None:
    assert resend_from(commands, replies, TABLE) == expected


@pytest.mark.parametrize("commands", [[SET], [SET, GET], [MULTI, SET, EXEC]])
def test_what_was_never_sent_is_sent(commands: list[Any]) -> None:
    assert resend_from(commands, [], TABLE, was_sent=False) == 0


def test_of_what_was_sent_before_only_the_rest_is_sent() -> None:
    assert resend_from([SET, SET, SET], [b"OK"], TABLE, was_sent=False) == 1


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ([b"+OK\r\n", b"-READONLY You can't\r\n"], 1),
        ([b"-LOADING Redis is\r\n", b"$1\r\nv\r\n"], 0),
        ([b"+OK\r\n", b"$1\r\nv\r\n"], None),
    ],
)
def test_pipeline_of_raw_replies(replies: list[Any], expected: int | None) -> None:
    assert resend_from([SET, GET], replies, TABLE, raw=True) == expected


@pytest.mark.parametrize(
    ("inner", "replies", "expected"),
    [
        ([SET], [b"OK", b"QUEUED", [b"OK"]], False),
        ([SET], [b"OK", b"QUEUED", ABORTED_AS_REPLICA], True),
        ([SET], [b"OK", READONLY, ABORTED], True),
        ([SET], [b"OK", WRONGTYPE, ABORTED], False),
        ([SET], [b"OK", b"QUEUED", None], False),
        ([SET], [b"OK", READONLY], True),
        ([SET], [b"OK", b"QUEUED"], False),
        ([SET], [], False),
        ([GET, GET], [b"OK", b"QUEUED"], True),
        ([GET, SET], [b"OK", b"QUEUED", b"QUEUED"], False),
        ([GET, EVAL], [b"OK", b"QUEUED", b"QUEUED", [b"v", READONLY]], True),
        # Of a script that replies so by itself, on a primary.
        ([SET, EVAL], [b"OK", b"QUEUED", b"QUEUED", [b"OK", READONLY]], False),
    ],
)
def test_transaction_is_sent_again_as_a_whole_or_not_at_all(inner: list[Any], replies: list[Any], expected: bool) -> None:
    assert resend_from([MULTI, *inner, EXEC], replies, TABLE) == (0 if expected else None)
