"""The error for each response of the API server."""

from typing import Any

import pytest

from kuberedis_operator.errors import (
    ApiError,
    ApiRefused,
    ApiUnavailable,
    Conflict,
    Expired,
    Invalid,
    NamespaceTerminating,
    NotFound,
    OperatorError,
    api_error,
)

TERMINATING = {"message": "is being terminated", "details": {"causes": [{"reason": "NamespaceTerminating"}]}}


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        (404, {}, NotFound),
        (409, {}, Conflict),
        (410, {}, Expired),
        (422, {}, Invalid),
        (400, {}, ApiRefused),
        (403, {}, ApiRefused),
        (500, {}, ApiRefused),
        (403, TERMINATING, NamespaceTerminating),
        (403, {"details": None}, ApiRefused),
        *((code, {}, ApiUnavailable) for code in (401, 408, 429, 502, 503, 504)),
    ],
)
def test_the_code_and_the_causes_decide(code: int, status: dict[str, Any], expected: type[ApiError]) -> None:
    assert type(api_error(code, status)) is expected


def test_the_message_is_that_of_the_server() -> None:
    assert str(api_error(403, {"message": "quota exceeded"})) == "quota exceeded"


@pytest.mark.parametrize("body", [None, "", [], {}, {"message": ""}])
def test_a_response_without_a_message_is_named_by_its_code(body: object) -> None:
    assert str(api_error(503, body)) == "the API server answered 503"


def test_a_refusal_is_no_failure_and_both_are_errors_of_the_api() -> None:
    assert not issubclass(ApiUnavailable, ApiRefused)
    assert not issubclass(ApiRefused, ApiUnavailable)
    assert issubclass(ApiRefused, ApiError)
    assert issubclass(ApiUnavailable, ApiError)
    assert issubclass(ApiError, OperatorError)
