"""Origins of web pages, as settings list them and as browsers send them: the one rule for schema, reader, operator and gateway.

A browser sends scheme, host in lower case and port, the port only if it is not the scheme's own
(https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin). An origin that is written in another way would
never match, so it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from kuberedis_core.host_pattern import WILDCARD, host_matches

EVERY_ORIGIN = "*"
_LABEL = "[a-z0-9]([a-z0-9_-]*[a-z0-9])?"
ORIGIN_PATTERN = rf"https?://(([*][.])?{_LABEL}([.]{_LABEL})*|\[[0-9a-f:.]+\])(:[1-9][0-9]{{0,4}})?"
"""What RE2 and Python read alike. `*.` at the beginning of the host stands for one label."""
ORIGIN_ADVICE = (
    "write '*' or for example https://app.example.com or https://*.example.com, in lower case, without a path and without the scheme's own"
    " port"
)

_ORIGIN = re.compile(ORIGIN_PATTERN)
_SCHEMES = {"http": ":80", "https": ":443"}
_LABELS = re.compile(_LABEL)


def is_origin(text: str) -> bool:
    """Whether `text` is `*`, an origin, or one with a wildcard."""
    return text == EVERY_ORIGIN or (_ORIGIN.fullmatch(text) is not None and not text.endswith(_SCHEMES[text.partition(":")[0]]))


def origin_allowed(origin: str, allowed: Collection[str]) -> bool:
    """Whether pages of `origin`, as a browser sent it, may read responses by a list for which `is_origin` holds."""
    if not origin:
        return False
    return origin in allowed or EVERY_ORIGIN in allowed or any(_matches(pattern, origin) for pattern in allowed)


def _matches(pattern: str, origin: str) -> bool:
    wanted, _, hosts = pattern.partition("://")
    scheme, _, host = origin.partition("://")
    if not hosts.startswith(WILDCARD) or scheme != wanted:
        return False
    return host_matches(hosts, host) and _LABELS.fullmatch(host.partition(".")[0]) is not None
