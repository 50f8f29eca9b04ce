"""A small JSON client of the API server in KUBECONFIG, for setup and observation.

A watch only records when an event arrived; callers evaluate it.
"""

import os
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from kubernetes.client import Configuration
from kubernetes.config import ConfigException, load_kube_config

from bench.errors import BenchError

Body = dict[str, Any]

_TIMEOUT_SECONDS = 60.0
_WATCH_SECONDS = 3600
_MERGE = "application/merge-patch+json"
_APPLY = "application/apply-patch+yaml"
_MANAGER = "kuberedis-bench"


@dataclass(frozen=True, slots=True)
class Sighting:
    """An object in a watch event, and when the event arrived (`time.perf_counter`)."""

    at: float
    path: str
    event: str
    body: Body

    @property
    def name(self) -> str:
        """Name of the object."""
        return str(self.body["metadata"]["name"])


class Arrivals:
    """A queue of sightings between the thread of a watch and the one that waits."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Sighting] = queue.SimpleQueue()
        self.put = self._queue.put

    def first(self, condition: Callable[[Sighting], bool], seconds: float, what: str) -> Sighting:
        """The next sighting that meets the condition; earlier ones are dropped.

        Raises:
            BenchError: There was none within `seconds`; the message names `what` was awaited.
        """
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            try:
                sighting = self._queue.get(timeout=left)
            except queue.Empty:
                break
            if condition(sighting):
                return sighting
        raise BenchError(f"timed out after {seconds:.0f} s waiting for {what}")


class Kube:
    """A thread-safe client.

    Raises:
        BenchError: KUBECONFIG names no cluster.
    """

    def __init__(self) -> None:
        if not (path := os.environ.get("KUBECONFIG")):
            raise BenchError("KUBECONFIG is not set; it must name a cluster that may be changed, or give a test cluster with --testcluster")
        configuration = Configuration()
        try:
            # Pass the path: the library reads the environment only when it is imported, before a test cluster is started.
            load_kube_config(path, client_configuration=configuration)
        except ConfigException as error:
            raise BenchError(f"KUBECONFIG does not name a cluster: {error}") from None
        self.server: str = configuration.host
        self.ca_file = configuration.ssl_ca_cert
        context = ssl.create_default_context(cafile=self.ca_file)
        if configuration.cert_file:
            context.load_cert_chain(configuration.cert_file, configuration.key_file)
        token = configuration.get_api_key_with_prefix("BearerToken")
        self._client = httpx.Client(
            base_url=self.server,
            verify=context,
            headers={"Authorization": token} if token else {},
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
        )

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def items(self, path: str, **query: str) -> list[Body]:
        """The objects of the collection `path`."""
        # For some kinds an empty list has null items.
        found: list[Body] = (self.get(path, **query) or {}).get("items") or []
        return found

    def get(self, path: str, **query: str) -> Body | None:
        """The object at `path`; None if it does not exist."""
        answer = self._send("GET", path, query=query)
        return None if answer.status_code == httpx.codes.NOT_FOUND else self._body(answer)

    def text(self, path: str) -> str:
        """A response that is not JSON, such as the API server's metrics."""
        answer = self._send("GET", path)
        self._check(answer)
        return answer.text

    def create(self, path: str, body: Body) -> Body:
        """Create an object in the collection `path`."""
        return self._body(self._send("POST", path, body=body))

    def apply(self, path: str, body: Body) -> Body:
        """Create or replace the fields of the object at `path` by a forced server-side apply."""
        query = {"fieldManager": _MANAGER, "force": "true"}
        return self._body(self._send("PATCH", path, body=body, query=query, content_type=_APPLY))

    def merge(self, path: str, body: Body) -> Body:
        """Patch the object at `path` by a JSON merge patch."""
        return self._body(self._send("PATCH", path, body=body, content_type=_MERGE))

    def delete(self, path: str) -> None:
        """Delete the object at `path` and its dependents, if it exists."""
        answer = self._send("DELETE", path, body={"propagationPolicy": "Background"})
        if answer.status_code != httpx.codes.NOT_FOUND:
            self._check(answer)

    @contextmanager
    def watch(self, path: str, seen: Callable[[Sighting], None], **query: str) -> Iterator[None]:
        """Calls `seen` in another thread with the existing objects and with every event, until the block ends.

        The block begins when the watch is established, so no event within it is missed.

        Raises:
            BenchError: The watch was refused, or ended before the block did, so events may be missing.
        """
        query = {**query, "watch": "true", "timeoutSeconds": str(_WATCH_SECONDS)}
        with self._client.stream("GET", path, params=query, timeout=httpx.Timeout(_TIMEOUT_SECONDS, read=None)) as answer:
            if answer.is_error:
                answer.read()
                self._check(answer)
            ending = threading.Event()
            ended_early = threading.Event()

            def read() -> None:
                try:
                    for line in answer.iter_lines():
                        at = time.perf_counter()
                        event = orjson.loads(line)
                        seen(Sighting(at, path, event["type"], event["object"]))
                except (httpx.HTTPError, orjson.JSONDecodeError):
                    # The last line may be incomplete when a watch ends.
                    pass
                if not ending.is_set():
                    ended_early.set()

            thread = threading.Thread(target=read, daemon=True)
            thread.start()
            try:
                yield
            finally:
                ending.set()
                # The thread is reading from the socket, so it cannot be closed; shutting it down ends the read. SSLSocket.shutdown would
                # make the thread read encrypted bytes.
                with suppress(OSError):
                    socket.socket.shutdown(answer.extensions["network_stream"].get_extra_info("socket"), socket.SHUT_RDWR)
                thread.join()
        if ended_early.is_set():
            raise BenchError(f"the watch of {path} ended early")

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Body | None = None,
        query: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> httpx.Response:
        content = orjson.dumps(body) if body is not None else None
        try:
            return self._client.request(method, path, params=query, content=content, headers={"Content-Type": content_type})
        except httpx.HTTPError as error:
            raise BenchError(f"{method} {self.server}{path}: {error or type(error).__name__}") from None

    def _body(self, answer: httpx.Response) -> Body:
        self._check(answer)
        body: Body = orjson.loads(answer.content)
        return body

    def _check(self, answer: httpx.Response) -> None:
        if answer.is_error:
            raise BenchError(f"{answer.request.method} {answer.request.url} answered {answer.status_code}: {answer.text[:500]}")
