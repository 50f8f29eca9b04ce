"""What a browser sent with a form."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from sanic import Request

from kuberedis_dashboard.errors import Invalid, Unavailable

_LARGEST = 256 * 1024
_MOST_FIELDS = 256
_CONTENT_TYPE = "application/x-www-form-urlencoded"


def sent_values(request: Request[Any, Any], largest: int = _LARGEST) -> dict[str, str]:
    """The fields of a form by name; of several with one name the first.

    Args:
        request: The request.
        largest: Bytes of the body, encoded as it is.

    Raises:
        Invalid: The body is no form, or too large.
    """
    if request.content_type.partition(";")[0].strip().lower() != _CONTENT_TYPE:
        raise Invalid("the body of the request is not a form", advice=f"Send {_CONTENT_TYPE}.")
    if len(request.body) > largest:
        raise Invalid(f"the form has more than {largest:,} bytes", advice="Send less.")
    try:
        pairs = parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Invalid("the form has more fields than any form of the dashboard", advice="Load its page again.") from None
    return dict(reversed(pairs))


def to_send_again(request: Request[Any, Any], problem: Exception) -> dict[str, str] | None:
    """What a form sent of which nothing came because nobody answered, so that it is not lost; None if there is no such form.

    Args:
        request: The request.
        problem: What its handler raised.
    """
    # Whoever is not known yet sent a credential, which is in no page.
    if request.method != "POST" or not isinstance(problem, Unavailable) or not hasattr(request.ctx, "user"):
        return None
    try:
        return sent_values(request)
    except Invalid:
        return None
