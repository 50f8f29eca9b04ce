"""Amounts as Kubernetes writes them.

Nothing here but text to number and back, by the grammar of the Kubernetes API's `resource.Quantity`
(https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).
"""

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, Context, Decimal

_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_DECIMAL = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18}
_NANO = Decimal(1).scaleb(-9)
_SMALL = {"m": Decimal(1).scaleb(-3), "u": Decimal(1).scaleb(-6), "n": _NANO}
_FACTORS: dict[str, Decimal | int] = {**_BINARY, **_DECIMAL, **_SMALL}
_QUANTITY = re.compile(
    r"(?P<number>\+?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20}))"
    r"(?P<suffix>[KMGTPE]i|[numkMGTPE]?|[eE](?P<exponent>[+-]?[0-9]{1,2}))"
)
# A text has at most 40 digits and a suffix; the default of 28 digits would round.
_EXACT = Context(prec=200)
_LOOSE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgtpe])i?(?:b|bytes?)?\s*", re.IGNORECASE)


def parse_bytes(text: str) -> int:
    """Bytes of a quantity such as `1Gi`, `500M`, `1.5Gi` or `1e9`, rounded up to a whole byte.

    Raises ValueError, with what to write instead, when `text` is none or is not between 1 byte and 8Ei. Parts of a byte, as in `100m`, are
    refused, because they are a mistake.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None or match["suffix"] in _SMALL:
        raise ValueError(f"{text!r} is not a Kubernetes quantity; write {_suggestion(text)}")
    amount = int(_value(match).to_integral_value(ROUND_CEILING))
    if not 0 < amount < 2**63:
        raise ValueError(f"{text!r} is out of range; write for example 1Gi")
    return amount


def parse_amount(text: str) -> Decimal:
    """The value of any quantity that is not negative, such as `250m`, `2` or `1Gi`, rounded up to a billionth.

    Raises ValueError, with what to write instead, when `text` is none or is above 8Ei.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a Kubernetes quantity; write for example 250m, 2 or 1Gi")
    amount = _value(match).quantize(_NANO, ROUND_CEILING, _EXACT)
    if amount >= 2**63:
        raise ValueError(f"{text!r} is out of range; write for example 250m, 2 or 1Gi")
    return amount


def canonical(amount: Decimal | int) -> str:
    """The exact text of an amount of zero or more, in the form that the API server keeps: `1536Mi`, `250m`, `1G`.

    It stores anything else as another text, which then looks like a change where there is none.
    """
    value = Decimal(amount)
    return _with_largest(value, {**_DECIMAL, **_SMALL} if _EXACT.remainder(value, Decimal(1024)) else _BINARY)


def format_bytes(amount: int) -> str:
    """A short text for people: the largest binary unit with at most one decimal, as `1.5Gi` or `912Ki`."""
    for suffix, factor in reversed(_BINARY.items()):
        if amount >= factor:
            return f"{amount / factor:.1f}".removesuffix(".0") + suffix
    return str(amount)


def _value(match: re.Match[str]) -> Decimal:
    if match["exponent"] is not None:
        return Decimal(match["number"]).scaleb(int(match["exponent"]), _EXACT)
    return _EXACT.multiply(Decimal(match["number"]), Decimal(_FACTORS[match["suffix"]]))


def _with_largest(value: Decimal, units: Mapping[str, Decimal | int]) -> str:
    if not value:
        return "0"
    fitting = [(Decimal(factor), suffix) for suffix, factor in units.items() if not _EXACT.remainder(value, Decimal(factor))]
    factor, suffix = max(fitting)
    return f"{_EXACT.divide_int(value, factor)}{suffix}"


def _suggestion(text: str) -> str:
    loose = _LOOSE.fullmatch(text)
    if loose is None:
        return "for example 1Gi or 512Mi"
    number, unit = loose.groups()
    return f"{number}{unit.upper()}i"
