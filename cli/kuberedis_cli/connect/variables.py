"""`kuberedis env`: the variables that the SDKs of Upstash read, in the forms that shells and programs take. Pure."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from enum import StrEnum

from kuberedis_cli.errors import CommandError

URL = "UPSTASH_REDIS_REST_URL"
TOKEN = "UPSTASH_REDIS_REST_TOKEN"  # noqa: S105 the name of a variable

# What no shell and no reader of .env files gives a meaning to.
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+=,-]+")


class Form(StrEnum):
    """The values of `--output` of `kuberedis env`."""

    EXPORT = "export"
    DOTENV = "dotenv"
    JSON = "json"


def lines(variables: Mapping[str, str], form: Form) -> list[str]:
    """The variables as lines of text.

    Args:
        variables: Names and values; a value has neither white space nor control characters.
        form: `export` for `eval` in a shell, `dotenv` for a .env file, `json` for a program.

    Raises:
        CommandError: A value cannot be written in that form.
    """
    match form:
        case Form.EXPORT:
            return [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
        case Form.DOTENV:
            return [f"{name}={_in_dotenv(name, value)}" for name, value in variables.items()]
        case Form.JSON:
            return [json.dumps(dict(variables))]


def _in_dotenv(name: str, value: str) -> str:
    """There is no standard; all readers take a plain value bare, and what is in single quotes as it is."""
    if _PLAIN.fullmatch(value):
        return value
    if "'" in value:
        raise CommandError(f"{name} has a quote in it, which readers of .env files take differently; use --output export or json")
    return f"'{value}'"
