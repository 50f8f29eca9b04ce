"""The OpenAPI document as one HTML page, for reading.

It needs no script and no other request, so it works under the content security policy that it is served with.
html5tagger, a dependency of Sanic, escapes every text.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from html5tagger import Document, E
from html5tagger.builder import Builder

_Object = Mapping[str, Any]

# They repeat the operation before them, so they start folded.
_FOLDED = ("head", "put")


def page(document: _Object) -> str:
    """The page of an OpenAPI document.

    Args:
        document: OpenAPI 3.1 document; it refers only to its own components.


    Every operation stands under its first tag, with its parameters, bodies, responses and a line for curl.
    """
    info = document["info"]
    html = Document(info["title"], lang="en", _viewport=True)
    html.meta(name="color-scheme", content="light dark")
    html.style(files(__package__).joinpath("docs_page.css").read_text("utf-8"))
    with html.header:
        html.h1(info["title"])
        html.p(f"Version {info['version']}, below ", E.code(document["servers"][0]["url"]), ". The same for programs: ")
        html.a("openapi.json", href="openapi.json")
    html(_contents(document))
    with html.main:
        html(_paragraphs(info["description"]), _preparation(document))
        for tag in document["tags"]:
            with html.section(id=_anchor(tag["name"])):
                html.h2(tag["name"])
                html(_paragraphs(tag["description"]))
                for path, method, operation in _operations(document, tag["name"]):
                    html(_operation(document, path, method, operation))
        html(_schemas(document))
    return str(html)


def _operations(document: _Object, tag: str) -> Iterator[tuple[str, str, _Object]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if operation["tags"][0] == tag:
                yield path, method, operation


def _contents(document: _Object) -> Builder:
    nav = E.nav(aria_label="Contents")
    with nav:
        for tag in document["tags"]:
            nav.a(tag["name"], href=f"#{_anchor(tag['name'])}", class_="tag")
            with nav.ul:
                for path, method, operation in _operations(document, tag["name"]):
                    if method not in _FOLDED:
                        nav.li(
                            E.a(
                                _method(method),
                                " ",
                                path,
                                href=f"#{operation['operationId']}",
                                title=operation["summary"],
                            )
                        )
        nav.a("Schemas", href="#schemas", class_="tag")
    return nav


def _preparation(document: _Object) -> Builder:
    base = document["servers"][0]["url"]
    lines = (
        "# the address of this page, without /docs\n"
        f"export KUBEREDIS_URL=https://redis.example.com{base}\n"
        "# the instance's key, or a token signed with it\n"
        "export KUBEREDIS_TOKEN=…"
    )
    return E.p("The examples below run in a shell that knows the address and a credential:").pre(E.code(lines))


def _operation(document: _Object, path: str, method: str, operation: _Object) -> Builder:
    block = E.details(id=operation["operationId"], open=method not in _FOLDED)
    with block:
        block.summary(_method(method), " ", E.code(path), " ", E.span(operation["summary"]))
        block(_paragraphs(operation.get("description", "")))
        parameters = [_resolve(document, parameter) for parameter in operation.get("parameters", ())]
        if parameters:
            block(_parameters(parameters))
        if "requestBody" in operation:
            block(_body(operation["requestBody"]))
        block(_responses(document, operation["responses"]))
        block.h3("Examples" if len(_bodies(operation)) > 1 else "Example")
        for media_type, value in _bodies(operation):
            block.pre(E.code(_curl(path, method, operation, parameters, media_type, value)))
    return block


def _parameters(parameters: list[_Object]) -> Builder:
    rows = []
    for parameter in parameters:
        name = E.code(parameter["name"])
        if parameter.get("required"):
            name(" ").em("required")
        rows.append((name, parameter["in"], _type(parameter["schema"]), _inline(parameter["description"])))
    return _table("Parameters", ("name", "in", "type", "meaning"), rows)


def _body(body: _Object) -> Builder:
    rows = [(E.code(kind), _type(media["schema"])) for kind, media in body["content"].items()]
    return _table("Body" if body["required"] else "Body (may be left out)", ("content type", "schema"), rows)


def _responses(document: _Object, responses: _Object) -> Builder:
    rows = []
    for status, reference in responses.items():
        response = _resolve(document, reference)
        content = E("")
        for kind, media in response.get("content", {}).items():
            content.div(E.code(kind), " ", _type(media["schema"]))
            for example in media.get("examples", {}).values():
                content.pre(E.code(_as_text(example["value"])))
        headers = ", ".join(response.get("headers", {}))
        rows.append((E.code(status), _inline(response["description"]), content, headers))
    return _table("Responses", ("status", "meaning", "content", "headers"), rows)


def _schemas(document: _Object) -> Builder:
    section = E.section(id="schemas")
    with section:
        section.h2("Schemas")
        section.p("JSON Schema, draft 2020-12.")
        for name, schema in document["components"]["schemas"].items():
            section.h3(name, id=f"schema-{name}")
            section(_paragraphs(schema.get("description", "")))
            shape = {member: value for member, value in schema.items() if member != "description"}
            section.pre(E.code(json.dumps(shape, indent=2, ensure_ascii=False)))
    return section


def _table(caption: str, columns: tuple[str, ...], rows: Iterable[tuple[str | Builder, ...]]) -> Builder:
    table = E.table
    with table:
        table.caption(caption)
        table(_row("th", columns))
        for row in rows:
            table(_row("td", row))
    return table


def _row(tag: str, cells: Iterable[str | Builder]) -> Builder:
    row = E.tr
    for cell in cells:
        getattr(row, tag)(cell)
    return row


def _method(method: str) -> Builder:
    return E.b(method.upper(), class_=f"method {method}")


def _type(schema: _Object) -> Builder:
    """The name of a schema, with a link, or its type."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return E.a(name, href=f"#schema-{name}")
    if schema.get("format") == "binary":
        return E("bytes")
    if "enum" in schema:
        return E(" or ".join(schema["enum"]))
    return E(schema["type"])


def _bodies(operation: _Object) -> list[tuple[str, Any]]:
    """Each example of the body with its content type; one without a body when the operation has none."""
    content = operation.get("requestBody", {}).get("content", {})
    examples = [(kind, example["value"]) for kind, media in content.items() for example in media["examples"].values()]
    return examples or [("", None)]


def _curl(path: str, method: str, operation: _Object, parameters: list[_Object], media_type: str, value: Any) -> str:
    for parameter in parameters:
        path = path.replace(f"{{{parameter['name']}}}", quote(str(parameter.get("example", "")), safe=""))
    option = {"get": "", "post": "" if media_type else " -X POST", "head": " --head"}.get(method, f" -X {method.upper()}")
    lines = [f'curl{option} "$KUBEREDIS_URL{path}"']
    if operation.get("security") != []:
        lines.append('-H "Authorization: Bearer $KUBEREDIS_TOKEN"')
    if "text/event-stream" in operation["responses"]["200"].get("content", {}):
        lines.append('--no-buffer -H "Accept: text/event-stream"')
    if media_type:
        lines.append(f'-H "Content-Type: {media_type}"')
        lines.append(f"--data-binary {shlex.quote(_as_text(value))}")
    return " \\\n  ".join(lines)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _paragraphs(text: str) -> Builder:
    paragraphs = E("")
    for paragraph in filter(None, text.split("\n\n")):
        paragraphs.p(_inline(paragraph))
    return paragraphs


def _inline(text: str) -> Builder:
    """Text, with `code` in backticks as elements."""
    inline = E("")
    for index, part in enumerate(re.split("`([^`]*)`", text)):
        if index % 2:
            inline.code(part)
        else:
            inline._(part)
    return inline


def _anchor(name: str) -> str:
    return "tag-" + re.sub("[^a-z]+", "-", name.lower())


def _resolve(document: _Object, value: _Object) -> _Object:
    if "$ref" not in value:
        return value
    found: Any = document
    for step in value["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return _resolve(document, found)
