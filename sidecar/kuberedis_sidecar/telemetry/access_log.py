"""The access log: a JSON object for each request on standard output, with the route and never the path."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from time import time

import orjson

from kuberedis_core.environment import boolean
from kuberedis_sidecar.telemetry.log_output import LogOutput
from kuberedis_sidecar.telemetry.request_metrics import METHODS

# What orjson would make of a line, at a third of its time: of the values that differ from line to line, only the id needs escapes.
_LINE = b'%b,"duration_ms":%.3f,"request_id":"%b","event":"request","timestamp":%b}\n'


class AccessLog:
    """Adds a line for each request, of the form that all lines of the log have (`kuberedis_core.logging`).

    Args:
        instance: Name of the instance, for each line.
        output: Where the lines go.
    """

    def __init__(self, instance: str, output: LogOutput) -> None:
        self._instance = instance
        self._output = output
        self._lines = output.lines
        self._heads: dict[tuple[str, str, int], bytes] = {}
        self._since = self._until = 0.0
        self._timestamp = b""

    def write(self, route: str, method: str, status: int, seconds: float, request_id: bytes) -> None:
        """Log a response. The line has the route and not the path, which may contain keys and values.

        Args:
            route: Name of the route.
            method: The request's method, whatever that is.
            status: Status of the response.
            seconds: How long it took.
            request_id: Visible ASCII characters.
        """
        now = time()
        if not self._since <= now < self._until:
            self._set_time(now)
        if not request_id.isalnum():
            request_id = orjson.dumps(request_id.decode())[1:-1]
        head = self._heads.get((route, method, status)) or self._head(route, method, status)
        lines = self._lines
        lines.append(_LINE % (head, seconds * 1000, request_id, self._timestamp))
        number = len(lines)
        if number >= self._output.together:
            self._output.flush()
        elif number == 1:
            self._output.soon()

    def _set_time(self, now: float) -> None:
        """Take the time for all lines of this millisecond."""
        milliseconds = int(now * 1000)
        self._since, self._until = milliseconds / 1000, (milliseconds + 1) / 1000
        moment = datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)
        self._timestamp = orjson.dumps(moment, option=orjson.OPT_UTC_Z)

    def _head(self, route: str, method: str, status: int) -> bytes:
        """The beginning of a line; it is remembered unless the client made the method up, for there are no limits to that."""
        line = {"level": "info", "instance": self._instance, "method": method, "route": route, "status": status}
        head = orjson.dumps(line)[:-1]
        if method in METHODS:
            self._heads[route, method, status] = head
        return head


def is_wanted(switch: Path | None, otherwise: bool) -> bool:
    """Whether a file, which may change at any time, turns the access log on.

    Args:
        switch: File with `true` or `false`; None for none.
        otherwise: The result if the file cannot be read, or holds neither.
    """
    try:
        return otherwise if switch is None else boolean(switch.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return otherwise
