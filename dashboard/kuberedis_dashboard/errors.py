"""What a user of the dashboard can be told. Each error says what is wrong, and what to do.

DashboardError
├── SignedOut      401
├── NotAllowed     403
├── NotFound       404
├── Conflict       409
├── Invalid        422
└── Unavailable    503
"""

from __future__ import annotations

from collections.abc import Mapping


class DashboardError(Exception):
    """Something that a page tells its user.

    Args:
        message: What is wrong, in words.
        advice: What to do.
    """

    status = 500

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class SignedOut(DashboardError):
    """There is no credential, or none that the API server knows."""

    status = 401


class NotAllowed(DashboardError):
    """The user has no right to it."""

    status = 403


class NotFound(DashboardError):
    """There is nothing of that name."""

    status = 404


class Conflict(DashboardError):
    """Somebody changed it meanwhile."""

    status = 409


class Invalid(DashboardError):
    """The API server does not take it.

    Args:
        message: What is wrong, in words.
        advice: What to do.
        causes: What is wrong with each field, by its path such as `spec.capacity`.
    """

    status = 422

    def __init__(self, message: str, advice: str = "", causes: Mapping[str, str] | None = None) -> None:
        super().__init__(message, advice)
        self.causes = dict(causes or {})


class Unavailable(DashboardError):
    """What is asked does not answer, or not in a form that can be used."""

    status = 503
