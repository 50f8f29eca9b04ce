"""What a browser sent with a form."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from sanic import Request

from kuberedis_dashboard.errors import Invalid

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
