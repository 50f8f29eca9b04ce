"""Settings from environment variables."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from kuberedis_core import environment
from kuberedis_core.environment import SettingsError, read_variable, require_variable, unknown_variables


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (environment.whole(0), "0", 0),
        (environment.whole(1), "17", 17),
        (environment.seconds, "10", 10.0),
        (environment.seconds, "0.5", 0.5),
        (environment.boolean, "true", True),
        (environment.boolean, "false", False),
        (environment.log_level, "warning", "warning"),
        (environment.listen_address, "10.0.0.1:8080", ("10.0.0.1", 8080)),
        (environment.listen_address, "[::1]:0", ("::1", 0)),
        (environment.listen_address, "localhost:65535", ("localhost", 65535)),
    ],
)
def test_a_value_is_read(reader: Callable[[str], Any], text: str, value: object) -> None:
    assert reader(text) == value


@pytest.mark.parametrize(
    ("reader", "texts", "advice"),
    [
        (environment.whole(1), ["0", "-1", "1.5", "many", "", "１", "9" * 19], "write a whole number, 1 or more"),
        (
            environment.seconds,
            ["0", "0.0", "-1", "1s", "", ".5", "inf", "nan", "1e3", "9" * 10],
            "write a number of seconds greater than 0",
        ),
        (environment.boolean, ["True", "yes", "1", ""], "write true or false"),
        (environment.log_level, ["INFO", "trace", ""], "write one of debug, info, warning, error"),
        (environment.listen_address, ["8080", ":8080", "a:", "a:http", "a:65536", "a:-1", "a:１", ""], "write HOST:PORT"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_what_to_write(reader: Callable[[str], Any], texts: list[str], advice: str) -> None:
    for text in texts:
        with pytest.raises(ValueError, match=re.escape(advice)):
            reader(text)


def test_white_space_around_a_value_does_not_count() -> None:
    assert read_variable({"KUBEREDIS_LIMIT": " 7\n"}, "KUBEREDIS_LIMIT", environment.whole(1)) == 7
    assert read_variable({"LIMIT": "7"}, "KUBEREDIS_LIMIT", environment.whole(1)) is None


def test_a_refusal_names_the_variable() -> None:
    with pytest.raises(SettingsError, match=r"^KUBEREDIS_LIMIT: 'x' does not fit"):
        read_variable({"KUBEREDIS_LIMIT": "x"}, "KUBEREDIS_LIMIT", environment.whole(1))


@pytest.mark.parametrize("environ", [{}, {"KUBEREDIS_NAME": ""}])
def test_a_required_variable_must_be_set(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"^KUBEREDIS_NAME: not set; it is required$"):
        require_variable(environ, "KUBEREDIS_NAME", str)


def test_misspelt_variables_are_found_and_those_of_services_are_not() -> None:
    environ = dict.fromkeys(
        "KUBEREDIS_LIMIT KUBEREDIS_LIMITS OTHER KUBEREDIS_X_SERVICE_HOST KUBEREDIS_X_SERVICE_PORT_HTTP KUBEREDIS_X_PORT_80_TCP".split(), ""
    )
    assert unknown_variables(environ, ["KUBEREDIS_LIMIT"]) == ["KUBEREDIS_LIMITS"]
