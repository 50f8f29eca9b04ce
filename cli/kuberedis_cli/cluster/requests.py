"""Requests to the API server whose bodies are plain JSON objects.

The generated client's functions know nothing of custom objects, and importing them takes longer than a list of instances does.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from kubernetes.client import ApiClient

from kuberedis_cli.cluster.connection import CONNECT_SECONDS
from kuberedis_core.body import Body

_JSON = "application/json"
_MERGE_PATCH = "application/merge-patch+json"
_LATE_SECONDS = 10
"""How much longer to wait for the API server to end a watch than it was asked to."""


def request(api: ApiClient, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Body | None = None) -> Body:
    """The answer to a request; a PATCH is a merge patch (RFC 7396).

    Args:
        api: Client of the API server.
        method: HTTP method.
        path: Path of the object or collection.
        query: Parameters of the query.
        body: JSON object to send.

    Raises:
        ApiException: The API server refuses.
        urllib3.exceptions.HTTPError: It cannot be reached.
    """
    response = api.call_api(*_serialized(api, method, path, query or {}, body))
    response.read()
    return cast(Body, api.response_deserialize(response, {"default": "object"}).data)


def events(api: ApiClient, path: str, resource_version: str, seconds: int, query: Mapping[str, str] | None = None) -> Iterator[Body]:
    """The changes of a collection, each with `type` and `object`, until the API server ends the watch.

    See https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes.

    Args:
        api: Client of the API server.
        path: Path of the collection.
        resource_version: The version from which on changes are wanted.
        seconds: After how many seconds the API server shall end it.
        query: More parameters of the query.

    Raises:
        ApiException: The API server refuses, or no longer knows that version (410).
        urllib3.exceptions.HTTPError: It cannot be reached.
    """

    def opened(**_: object) -> Any:
        parameters = {**(query or {}), "watch": "true", "resourceVersion": resource_version, "timeoutSeconds": str(seconds)}
        method, url, headers, _, _ = _serialized(api, "GET", path, parameters, None)
        response = api.call_api(method, url, headers, _request_timeout=(CONNECT_SECONDS, seconds + _LATE_SECONDS))
        if not 200 <= response.status < 300:
            response.read()
            api.response_deserialize(response, {"default": "object"})
        return response.response

    from kubernetes.watch import Watch

    yield from Watch("object").stream(opened, timeout_seconds=seconds)


def _serialized(api: ApiClient, method: str, path: str, query: Mapping[str, str], body: Body | None) -> tuple[Any, ...]:
    headers = {"Accept": _JSON}
    if body is not None:
        headers["Content-Type"] = _MERGE_PATCH if method == "PATCH" else _JSON
    return tuple(
        api.param_serialize(method, path, query_params=list(query.items()), header_params=headers, body=body, auth_settings=["BearerToken"])
    )
