"""The errors of the operator.

    OperatorError
    ├── ApiError                      a request to the Kubernetes API had no success
    │   ├── ApiUnavailable            it was not served; it may be sent again
    │   └── ApiRefused                it was refused
    │       ├── NotFound              404
    │       ├── Conflict              409: the object exists already, or is not the one that the request names
    │       ├── Expired               410: the resourceVersion is too old to continue from
    │       ├── Invalid               422: the object is not valid
    │       └── NamespaceTerminating  nothing can be created in a namespace that is being deleted
    ├── ChildError                    a child cannot be written at present
    │   ├── NameTaken                 its name belongs to an object of another owner
    │   └── GoingAway                 an object of its name, or its namespace, is being deleted
    ├── InvalidAnnotation             an annotation of an instance cannot be read; its text says what to write
    └── NotAllowed                    a spec asks for what the operator's settings do not allow; its text names the setting

What does not fit in the environment is a `SettingsError` of `kuberedis_core.environment`, what does not fit in a spec an `InvalidSpec` of
`kuberedis_core.crd.object_reader`; both are ValueErrors.

Status codes of the API server are compared here and nowhere else
(https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class OperatorError(Exception):
    """Base of the operator's errors."""


class ApiError(OperatorError):
    """A request to the Kubernetes API had no success; the text is for people."""


class ApiUnavailable(ApiError):
    """The API server did not serve the request; it may be sent again."""


class ApiRefused(ApiError):
    """The API server refused the request; the text is its message."""


class NotFound(ApiRefused):
    """There is no such object, or the API server does not serve its kind."""


class Conflict(ApiRefused):
    """The object exists already, or is not the one that a precondition names."""


class Expired(ApiRefused):
    """The resourceVersion is too old to continue a watch from."""


class Invalid(ApiRefused):
    """The object is not valid."""


class NamespaceTerminating(ApiRefused):
    """Nothing can be created, because the namespace is being deleted."""


class ChildError(OperatorError):
    """A child cannot be written at present."""


class NameTaken(ChildError):
    """The child's name belongs to an object of another owner."""


class GoingAway(ChildError):
    """The child, an object that a former instance of this name left, or the namespace is being deleted."""


class InvalidAnnotation(OperatorError):
    """An annotation of an instance cannot be read; the text says what to write."""


class NotAllowed(OperatorError):
    """A spec asks for what the operator's settings do not allow; the text names the setting."""


# Not served now, and served later without any change of the request: credentials being renewed, too many requests, no leader.
_UNAVAILABLE = frozenset({401, 408, 429, 502, 503, 504})
_REFUSED: Mapping[int, type[ApiRefused]] = {404: NotFound, 409: Conflict, 410: Expired, 422: Invalid}


def api_error(code: int, status: object) -> ApiError:
    """The error for a response of the API server.

    Args:
        code: HTTP status code.
        status: body of the response, a Status object as a rule.
    """
    fields: Mapping[str, Any] = status if isinstance(status, Mapping) else {}
    message = str(fields.get("message") or f"the API server answered {code}")
    if code in _UNAVAILABLE:
        return ApiUnavailable(message)
    causes = (fields.get("details") or {}).get("causes", ())
    if any(cause.get("reason") == "NamespaceTerminating" for cause in causes):
        return NamespaceTerminating(message)
    return _REFUSED.get(code, ApiRefused)(message)
