"""Numbers as people read them."""

from collections.abc import Callable

import pytest

from kuberedis_dashboard.views import amounts


@pytest.mark.parametrize(
    ("write", "number", "text"),
    [
        (amounts.size, None, "–"),
        (amounts.size, 0, "0 B"),
        (amounts.size, 1023, "1023 B"),
        (amounts.size, 2**10, "1Ki"),
        (amounts.size, 1.5 * 2**30, "1.5Gi"),
        (amounts.size, -5, "0 B"),
        (amounts.count, 1234567, "1,234,567"),
        (amounts.rate, 0.0, "0"),
        (amounts.rate, 0.254, "0.25"),
        (amounts.rate, 7.51, "7.5"),
        (amounts.rate, 10, "10"),
        (amounts.rate, 120.4, "120"),
        (amounts.rate, 12345.6, "12,346"),
        (amounts.latency, 0.00042, "420 µs"),
        (amounts.latency, 0.0012, "1.2 ms"),
        (amounts.latency, 0.0125, "12 ms"),
        (amounts.latency, 3.5, "3.5 s"),
        (amounts.latency, 0, "0 µs"),
        (amounts.part, 0.995, "99.5%"),
        (amounts.part, None, "–"),
    ],
)
def test_a_number_is_written(write: Callable[[float | None], str], number: float | None, text: str) -> None:
    assert write(number) == text
