"""The fast path held against Sanic alone: one table of raw requests, the same answers, connections and databases."""

import json

import pytest

from tests.http_paths.conftest import Paths
from tests.http_paths.exchange import Answer
from tests.http_paths.outcome import Outcome, outcome_of
from tests.http_paths.raw_requests import Case
from tests.http_paths.table import CASES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_raw_request_is_answered_alike_and_as_http_says(paths: Paths, case: Case) -> None:
    database = paths.redis.client()
    fast, sanic = (outcome_of(case, origin, database) for origin in paths.origins)
    assert fast == sanic
    assert as_expected(fast, case)
    assert b"smuggled" not in fast.database
    for answer, method in zip(fast.answers, case.methods or ("GET",) * len(fast.answers), strict=True):
        if answer.status >= 400 and method != "HEAD":
            assert is_error_body(answer)


def as_expected(outcome: Outcome, case: Case) -> bool:
    """Whether the statuses and the connection are what the row says; shown by pytest when they are not."""
    assert len(outcome.answers) == len(case.statuses), outcome.connection
    for answer, wanted in zip(outcome.answers, case.statuses, strict=True):
        assert answer.status in (wanted if isinstance(wanted, tuple) else (wanted,)), answer
    assert outcome.connection in (("open", "closed") if case.after == "alike" else (case.after,))
    return True


def is_error_body(answer: Answer) -> bool:
    """Whether the body is {"error": "..."}, or an error line where RESP was requested."""
    if answer.header("content-type") == "application/octet-stream":
        return answer.body.startswith(b"-") and answer.body.endswith(b"\r\n")
    error = json.loads(answer.body)
    return list(error) == ["error"] and isinstance(error["error"], str) and "Traceback" not in error["error"]
