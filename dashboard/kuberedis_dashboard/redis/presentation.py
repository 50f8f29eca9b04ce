"""A value as a person may want to see it: as text, as JSON on many lines, as bytes; and back from what they typed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Literal

from kuberedis_dashboard.redis.readable import readable
from kuberedis_dashboard.redis.stored import Text

Form = Literal["text", "json", "hex"]
FORMS: tuple[Form, ...] = ("text", "json", "hex")

_MOST_JSON = 256 * 1024
"""Characters; deep nesting makes much white space of little."""
_BYTES_OF_A_LINE = 16
# What a browser does not give back as it was: it makes other line ends of CR, and other characters of controls.
_NOT_FOR_A_FIELD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def as_text(value: bytes) -> str:
    """The value with its own lines; what does not show is escaped."""
    return readable(value, kept="\n\t")


def as_json(value: bytes) -> str | None:
    """The value on indented lines, if it is an array or an object of JSON of moderate size; else None."""
    if value.lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        parts = json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(json.loads(value))
        text = _at_most(parts, _MOST_JSON)
    except (ValueError, RecursionError):
        return None
    return None if text is None else readable(text.encode(errors="replace"), kept="\n")


def as_hex(value: bytes) -> str:
    """The value as `hexdump -C` shows it: offset, bytes, ASCII."""
    return "\n".join(_hex_lines(value))


def present(value: Text, wanted: str) -> tuple[Form, str]:
    """The value in the wanted form, or in the one that suits it if that is empty or impossible."""
    if wanted == "hex" or (wanted != "text" and not _is_text(value)):
        return "hex", as_hex(value.beginning)
    if wanted != "text" and value.is_whole and (formatted := as_json(value.beginning)) is not None:
        return "json", formatted
    return "text", as_text(value.beginning)


def editable(value: Text) -> tuple[Form, str] | None:
    """The value as a person can edit it: as text, or in hexadecimal if a field of a browser would change it. None if it is not whole."""
    if not value.is_whole:
        return None
    try:
        text = value.beginning.decode()
    except UnicodeDecodeError:
        text = "\0"
    return ("hex", value.beginning.hex(" ")) if _NOT_FOR_A_FIELD.search(text) else ("text", text)


def edited(text: str, form: str) -> bytes:
    """The value that somebody typed as `text` or in `hex`.

    Raises:
        ValueError: It is not hexadecimal; the text says what to write.
    """
    if form != "hex":
        # Browsers send each line end as CR LF (https://html.spec.whatwg.org/#multipart-form-data).
        return text.replace("\r\n", "\n").encode(errors="replace")
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError("write each byte as two hexadecimal digits, such as ff 00 1a") from None


def _is_text(value: Text) -> bool:
    """Whether the value is UTF-8 for people; its end may be cut in the middle of a character."""
    if b"\0" in value.beginning:
        return False
    try:
        value.beginning.decode()
    except UnicodeDecodeError as error:
        return not value.is_whole and error.start >= len(value.beginning) - 3
    return True


def _at_most(parts: Iterator[str], most: int) -> str | None:
    taken: list[str] = []
    for part in parts:
        most -= len(part)
        if most < 0:
            return None
        taken.append(part)
    return "".join(taken)


def _hex_lines(value: bytes) -> Iterator[str]:
    for start in range(0, len(value), _BYTES_OF_A_LINE):
        line = value[start : start + _BYTES_OF_A_LINE]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in line)
        yield f"{start:08x}  {line[:8].hex(' '):<23}  {line[8:].hex(' '):<23}  |{shown}|"
