"""The errors that a user of the dashboard can meet, all in one tree.

    DashboardError
    ├── SignedOut       401: there is no credential, or the API server does not accept it any more
    ├── NotAllowed      403: the user may not do this
    ├── NotFound        404: there is no such object, or page
    ├── Conflict        409: somebody else was faster
    ├── Expired         410: a list or a watch cannot be continued from where it was
    ├── Invalid         422: the API server refused the object; has the causes by field
    ├── TooLarge        502: an answer is larger than the dashboard reads
    └── Unavailable     503: the API server or a sidecar did not answer

Each has a message, which says what is wrong, and an advice, which says what to do. They reach a page that a person reads, so neither may
contain a secret. A status code of the API server becomes an error here and nowhere else
(https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kuberedis_core.one_line import one_line

_LONGEST_MESSAGE = 2000


class DashboardError(Exception):
    """What a user meets in place of the page that they asked for.

    Args:
        message: what is wrong, for people.
        advice: what to do; by default that of the class.
    """

    status = 500
    title = "Something went wrong"
    default_advice = "Try again; if it stays, look into the dashboard's log."

    def __init__(self, message: str, advice: str = "") -> None:
        self.message = one_line(message)[:_LONGEST_MESSAGE]
        self.advice = advice or self.default_advice
        super().__init__(self.message)


class SignedOut(DashboardError):
    """There is no credential, or the API server does not accept it any more."""

    status = 401
    title = "You are signed out"
    default_advice = "Sign in again."


class NotAllowed(DashboardError):
    """The user may not do this."""

    status = 403
    title = "Not allowed"
    default_advice = "Ask an administrator of the cluster for the right that the message names."


class NotFound(DashboardError):
    """There is no such object, or no such page."""

    status = 404
    title = "Not found"
    default_advice = "Check the address; what it names may have been deleted."


class Conflict(DashboardError):
    """The object exists already, or somebody has changed it meanwhile."""

    status = 409
    title = "Changed meanwhile"
    default_advice = "Load the page again, and repeat the change if it is still wanted."


class Expired(DashboardError):
    """A list or a watch cannot be continued from where it was."""

    status = 410
    title = "Too old to continue"
    default_advice = "Load the page again."


class Invalid(DashboardError):
    """The API server refused an object.

    Args:
        message: what is wrong, for people.
        advice: what to do; by default that of the class.
        causes: messages by field, such as `spec.capacity`.
    """

    status = 422
    title = "Not valid"
    default_advice = "Correct the fields that the message names."

    def __init__(self, message: str, advice: str = "", causes: Mapping[str, str] | None = None) -> None:
        super().__init__(message, advice)
        self.causes = dict(causes or {})


class TooLarge(DashboardError):
    """An answer is larger than the dashboard reads."""

    status = 502
    title = "Too large"
    default_advice = "Ask for less: a namespace in place of the whole cluster, a smaller range."


class Unavailable(DashboardError):
    """The API server or a sidecar did not answer."""

    status = 503
    title = "No answer"
    default_advice = "Try again in a moment."


_BY_STATUS: Mapping[int, type[DashboardError]] = {401: SignedOut, 403: NotAllowed, 404: NotFound, 409: Conflict, 410: Expired}
# Not served now, and served later without any change of the request.
_UNAVAILABLE = frozenset({408, 429, 500, 502, 503, 504})


def api_error(code: int, status: object) -> DashboardError:
    """The error for a response of the API server.

    Args:
        code: HTTP status code.
        status: body of the response, a Status object as a rule.
    """
    fields: Mapping[str, Any] = status if isinstance(status, Mapping) else {}
    message = str(fields.get("message") or f"the API server answered {code}")
    if code in _BY_STATUS:
        return _BY_STATUS[code](message)
    if code in _UNAVAILABLE:
        return Unavailable(message)
    return Invalid(message, causes=dict(_causes(fields)))


def _causes(status: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, Mapping) else None
    for cause in causes if isinstance(causes, list) else ():
        if isinstance(cause, Mapping):
            yield str(cause.get("field", "")), one_line(str(cause.get("message", "")))[:_LONGEST_MESSAGE]
