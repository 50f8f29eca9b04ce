"""Amounts, read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuberedis_core.quantities import canonical, format_bytes, parse_amount, parse_bytes


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1Gi", 2**30),
        ("512Mi", 2**29),
        ("1.5Gi", 3 * 2**29),
        (".5Ki", 512),
        ("1G", 10**9),
        ("1k", 1000),
        ("1073741824", 2**30),
        ("1e9", 10**9),
        ("12E2", 1200),
        ("1E", 10**18),
        ("0.1", 1),
        ("7Ei", 7 * 2**60),
    ],
)
def test_quantities_mean_what_they_mean_to_kubernetes(text: str, amount: int) -> None:
    assert parse_bytes(text) == amount


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("1GB", "write 1Gi"),
        ("512mb", "write 512Mi"),
        ("100m", "write 100Mi"),
        ("1 Gi", "write 1Gi"),
        ("2KB", "write 2Ki"),
        ("big", "write for example 1Gi or 512Mi"),
        ("", "write for example 1Gi or 512Mi"),
        ("-1Gi", "write for example 1Gi or 512Mi"),
        ("0", "out of range; write for example 1Gi"),
        ("8Ei", "out of range; write for example 1Gi"),
        ("1e99", "out of range; write for example 1Gi"),
        ("１Gi", "write for example 1Gi or 512Mi"),
    ],
)
def test_anything_else_is_refused_with_what_to_write(text: str, suggestion: str) -> None:
    with pytest.raises(ValueError, match=suggestion):
        parse_bytes(text)


@pytest.mark.parametrize("text", ["8Ei", "9223372036854775808", "1e19", "-1", "", "much"])
def test_an_amount_that_the_api_server_cannot_keep_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write for example 250m, 2 or 1Gi"):
        parse_amount(text)


@given(st.text(max_size=30))
def test_no_text_does_worse_than_a_refusal(text: str) -> None:
    try:
        amount = parse_bytes(text)
    except ValueError:
        return
    assert 0 < amount < 2**63


@given(st.integers(min_value=1, max_value=2**62))
def test_a_written_amount_is_short_and_near(amount: int) -> None:
    text = format_bytes(amount)
    assert len(text) <= 8
    assert amount * 0.94 <= parse_bytes(text) <= amount * 1.06


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("1.5Gi", "1536Mi"),
        ("1024Mi", "1Gi"),
        ("1000M", "1G"),
        ("1000Ki", "1000Ki"),
        ("1023", "1023"),
        ("0.1", "100m"),
        ("0.25", "250m"),
        ("1000m", "1"),
        ("1e3", "1k"),
        ("0", "0"),
        ("0.1n", "1n"),
        ("9223372036854775807", "9223372036854775807"),
    ],
)
def test_an_amount_is_written_as_the_api_server_keeps_it(text: str, stored: str) -> None:
    assert canonical(parse_amount(text)) == stored


@given(st.text(alphabet="0123456789.+-eEnumkMGTPi", max_size=20))
def test_writing_an_amount_loses_nothing(text: str) -> None:
    try:
        amount = parse_amount(text)
    except ValueError:
        return
    assert parse_amount(canonical(amount)) == amount
    assert canonical(parse_amount(canonical(amount))) == canonical(amount)
