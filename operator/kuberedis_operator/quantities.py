"""Amounts of bytes as Kubernetes writes them.

Nothing here but text to number and back, by the grammar of the Kubernetes API's `resource.Quantity`.
"""

import re
from decimal import ROUND_CEILING, Decimal

_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_DECIMAL = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18}
_QUANTITY = re.compile(
    r"(?P<number>\+?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20}))"
    r"(?P<suffix>[KMGTPE]i|[kMGTPE]?|[eE](?P<exponent>[+-]?[0-9]{1,2}))"
)
_LOOSE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgtpe])i?(?:b|bytes?)?\s*", re.IGNORECASE)


def parse_bytes(text: str) -> int:
    """Bytes of a quantity such as `1Gi`, `500M`, `1.5Gi` or `1e9`, rounded up to a whole byte.

    Raises ValueError, with what to write instead, when `text` is none or is not between 1 byte and 8Ei.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a Kubernetes quantity; write {_suggestion(text)}")
    factor = (_BINARY | _DECIMAL).get(match["suffix"]) or Decimal(10) ** int(match["exponent"])
    amount = int((Decimal(match["number"]) * factor).to_integral_value(ROUND_CEILING))
    if not 0 < amount < 2**63:
        raise ValueError(f"{text!r} is out of range; write for example 1Gi")
    return amount


def format_bytes(amount: int) -> str:
    """A short text for people: the largest binary unit with at most one decimal, as `1.5Gi` or `912Ki`."""
    for suffix, factor in reversed(_BINARY.items()):
        if amount >= factor:
            return f"{amount / factor:.1f}".removesuffix(".0") + suffix
    return str(amount)


def _suggestion(text: str) -> str:
    loose = _LOOSE.fullmatch(text)
    if loose is None:
        return "for example 1Gi or 512Mi"
    number, unit = loose.groups()
    return f"{number}{unit.upper()}i"
