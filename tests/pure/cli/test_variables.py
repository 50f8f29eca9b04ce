"""`kuberedis env`: what each form looks like, and that a shell reads what was meant."""

import json
import subprocess

import pytest

from kuberedis_cli.connect.variables import TOKEN, URL, Form, lines
from kuberedis_cli.errors import CommandError

ADDRESS = "https://redis.example.com/instances/my-cache"
PLAIN = {URL: ADDRESS, TOKEN: "k-_9" * 8}


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Form.EXPORT, f"export {URL}={ADDRESS}\nexport {TOKEN}={'k-_9' * 8}"),
        (Form.DOTENV, f"{URL}={ADDRESS}\n{TOKEN}={'k-_9' * 8}"),
        (Form.JSON, json.dumps(PLAIN)),
    ],
)
def test_forms(form: Form, text: str) -> None:
    assert "\n".join(lines(PLAIN, form)) == text


@pytest.mark.parametrize("key", ["$(touch x)" * 4, "`id`;exit" * 4, "a'b\"c\\d!" * 4, "#~*?[]{}&|<>" * 3])
def test_a_shell_takes_the_value_and_nothing_else(key: str) -> None:
    script = lines({TOKEN: key}, Form.EXPORT)[0] + f'; printf %s "${TOKEN}"'
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == key


@pytest.mark.parametrize(("key", "text"), [("a#b$c", "'a#b$c'"), ('a"b', "'a\"b'")])
def test_a_key_with_other_characters_is_quoted_for_a_file(key: str, text: str) -> None:
    assert lines({TOKEN: key}, Form.DOTENV) == [f"{TOKEN}={text}"]


def test_a_key_that_readers_of_files_take_differently_is_refused() -> None:
    with pytest.raises(CommandError, match="--output export or json"):
        lines({TOKEN: "it's"}, Form.DOTENV)
