"""What can go wrong between here and a cluster, each put into one sentence that says what to do.

The one place that knows how the Kubernetes client fails: everything else lets its errors pass.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.exceptions import TimeoutError as NoAnswer

from kuberedis_core.crd.kind import GROUP, PLURAL

NOT_INSTALLED = f"this cluster has no {PLURAL}.{GROUP}; `kuberedis install` installs it"


class ClusterError(Exception):
    """The cluster did not do what was asked; the text is one line."""


@contextmanager
def explained(host: str) -> Iterator[None]:
    """Turn every way in which the API server at `host` fails a request into a ClusterError."""
    try:
        yield
    except ApiException as error:
        raise ClusterError(_answer(error, host)) from None
    except HTTPError as error:
        raise ClusterError(
            f"the API server {host} cannot be reached: {_cause(error)}; is the cluster up, and the kubeconfig right?"
        ) from None


def is_absent(error: ApiException) -> bool:
    """Whether the API server knows the kind of the object that was asked for, and there is no such object."""
    return error.status == HTTPStatus.NOT_FOUND and bool(_status(error))


def is_unknown_path(error: ApiException) -> bool:
    """Whether the API server does not know the kind of the object that was asked for."""
    return error.status == HTTPStatus.NOT_FOUND and not _status(error)


def _answer(error: ApiException, host: str) -> str:
    match error.status:
        case HTTPStatus.UNAUTHORIZED:
            return f"the API server {host} does not accept the credentials of the kubeconfig; log in again"
        case HTTPStatus.FORBIDDEN:
            return f"not allowed: {message(error)}"
        case HTTPStatus.NOT_FOUND if is_unknown_path(error):
            return NOT_INSTALLED
        case _:
            return f"the API server {host} refuses: {message(error)}"


def message(error: ApiException) -> str:
    """What the API server said, on one line (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/)."""
    text = _status(error).get("message") or error.reason or f"status {error.status}"
    return " ".join(str(text).split())


def _status(error: ApiException) -> dict[str, object]:
    """The Status object of an answer; empty when the path itself is unknown, to which it answers in plain text."""
    try:
        body = json.loads(error.body or "")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _cause(error: HTTPError) -> str:
    """What the system said, such as `Connection refused`: it is at the bottom of what the libraries say."""
    reason: BaseException | None = error.reason if isinstance(error, MaxRetryError) else error
    above = reason or error
    while reason is not None:
        if isinstance(reason, OSError) and reason.strerror:
            return reason.strerror
        reason = reason.__cause__ or reason.__context__
    return "it does not answer" if isinstance(above, NoAnswer) else " ".join(str(above).split())
