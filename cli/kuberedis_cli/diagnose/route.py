"""A request to the URL of an instance, without a credential: it says whether the way there is open, and opens nothing."""

from __future__ import annotations

import re
import ssl
import time
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from kuberedis_cli.diagnose.route_findings import Answer
from kuberedis_core.one_line import one_line

_SECONDS = 5.0
_KINDS: dict[str, type[HTTPConnection]] = {"http": HTTPConnection, "https": HTTPSConnection}
_REALM = re.compile(r'Bearer realm="([a-z0-9-]{1,63})"')


def ask(url: str) -> Answer:
    """What comes of a request to an instance's URL."""
    try:
        parts = urlsplit(url)
        connection = _KINDS[parts.scheme](parts.netloc, timeout=_SECONDS)
        connection.request("GET", parts.path or "/")
        response = connection.getresponse()
    except ssl.SSLCertVerificationError as error:
        return Answer(None, error=f"its certificate is not trusted: {one_line(error.verify_message)}")
    except KeyError:
        return Answer(None, error="it is no URL of HTTP")
    except (OSError, HTTPException, ValueError) as error:
        return Answer(None, error=getattr(error, "strerror", None) or one_line(str(error)) or "no answer")
    connection.close()
    realm = _REALM.match(response.headers.get("WWW-Authenticate") or "")
    return Answer(response.status, realm[1] if realm else "", clock_ahead_seconds=ahead_of(response.headers.get("Date")))


def ahead_of(date: str | None) -> float | None:
    """Seconds that this machine's clock is ahead of a date of HTTP (RFC 9110, section 5.6.7); None if it is none."""
    if date is None:
        return None
    try:
        return time.time() - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
