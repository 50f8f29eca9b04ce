"""How requests to the Kubernetes API fail: each failure as one sentence with what to do.

The only module that knows the exceptions and status codes of the Kubernetes client; all others let them pass, or use the predicates here.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from kubernetes.client.exceptions import ApiException
from pydantic import ValidationError
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.exceptions import TimeoutError as RequestTimeout

from kuberedis_cli.errors import ClusterError
from kuberedis_core.crd.kind import GROUP, PLURAL
from kuberedis_core.one_line import one_line

NOT_INSTALLED = f"this cluster has no {PLURAL}.{GROUP}; `kuberedis install` installs it"


@contextmanager
def as_cluster_errors(host: str) -> Iterator[None]:
    """Turn every failure of a request to the API server at `host` into a `ClusterError`."""
    try:
        yield
    except ApiException as error:
        raise ClusterError(_sentence(error, host)) from None
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise ClusterError(f"the API server {host} answers what this version cannot read: {one_line(where)}") from None
    except HTTPError as error:
        raise ClusterError(
            f"the API server {host} cannot be reached: {_cause(error)}; is the cluster up, and the kubeconfig right?"
        ) from None


def is_not_found(error: ApiException) -> bool:
    """Whether the API server knows the kind of the requested object, and there is no such object."""
    return error.status == HTTPStatus.NOT_FOUND and bool(_status(error))


def is_unknown_kind(error: ApiException) -> bool:
    """Whether the API server does not know the kind of the requested object."""
    return error.status == HTTPStatus.NOT_FOUND and not _status(error)


def is_forbidden(error: ApiException) -> bool:
    """Whether the user has no permission for the request."""
    return bool(error.status == HTTPStatus.FORBIDDEN)


def is_conflict(error: ApiException) -> bool:
    """Whether somebody else owns a field that the request sets, or has changed the object meanwhile."""
    return bool(error.status == HTTPStatus.CONFLICT)


def _sentence(error: ApiException, host: str) -> str:
    match error.status:
        case HTTPStatus.UNAUTHORIZED:
            return f"the API server {host} does not accept the credentials of the kubeconfig; log in again"
        case HTTPStatus.FORBIDDEN:
            return f"not allowed: {message(error)}"
        case HTTPStatus.NOT_FOUND if is_unknown_kind(error):
            return NOT_INSTALLED
        case _:
            return f"the API server {host} refuses: {message(error)}"


def message(error: ApiException) -> str:
    """The message of the API server, on one line (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/)."""
    text = _status(error).get("message") or error.reason or f"status {error.status}"
    return one_line(str(text))


def stream_refusal(error: ApiException, resource: str) -> str:
    """Why a stream was not opened, on one line: the client's message on a refused WebSocket has all of its headers.

    Args:
        error: The refusal.
        resource: The subresource of a pod, such as `pods/exec`.
    """
    summary = message(error).partition(" -+-+- ")[0]
    if summary.startswith(f"Handshake status {HTTPStatus.FORBIDDEN.value}"):
        return f"that needs the permissions `get` and `create` on {resource}"
    return "there is no such pod" if summary.startswith(f"Handshake status {HTTPStatus.NOT_FOUND.value}") else summary


def _status(error: ApiException) -> dict[str, object]:
    """The Status object of a response; empty when the path itself is unknown, because that response is plain text."""
    try:
        body = json.loads(error.body or "")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _cause(error: HTTPError) -> str:
    """The error of the system, such as `Connection refused`, which is at the bottom of the chain of exceptions."""
    reason: BaseException | None = error.reason if isinstance(error, MaxRetryError) else error
    above = reason or error
    while reason is not None:
        if isinstance(reason, OSError) and reason.strerror:
            return reason.strerror
        reason = reason.__cause__ or reason.__context__
    return "it does not answer" if isinstance(above, RequestTimeout) else one_line(str(above))
