"""The OpenAPI document says what is served, and the page says what the document says."""

import re
from typing import Any
from urllib.parse import quote

import httpx
import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from kuberedis_sidecar.openapi import document
from kuberedis_sidecar.openapi.docs_page import page
from tests.harness.sidecar import Sidecar

Object = dict[str, Any]

DOCUMENT: Object = document("my-cache", "/instances/my-cache", "1.2.3")
METHODS = ("get", "head", "post", "put", "delete", "patch")


def resolved(value: Object) -> Object:
    """`value`, or what it refers to."""
    if "$ref" not in value:
        return value
    found: Any = DOCUMENT
    for step in value["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return resolved(found)


def operations() -> list[tuple[str, str, Object]]:
    return [(path, method, row) for path, rows in DOCUMENT["paths"].items() for method, row in rows.items()]


def filled(path: str, operation: Object) -> str:
    """`path` with the examples of its parameters."""
    for parameter in map(resolved, operation.get("parameters", ())):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(parameter["example"], safe=""))
    return path


def bodies(operation: Object) -> list[tuple[str, Any]]:
    content = operation.get("requestBody", {}).get("content", {})
    return [(kind, example["value"]) for kind, media in content.items() for example in media["examples"].values()]


def validator(schema: Object) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for({**schema, "components": DOCUMENT["components"]})


def is_stream(operation: Object) -> bool:
    return "text/event-stream" in operation["responses"]["200"].get("content", {})


def test_the_document_is_valid_openapi() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_the_document_has_only_what_client_generators_read() -> None:
    def schemas(value: Any) -> list[Object]:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return [value] * isinstance(value, dict) + [schema for part in inner for schema in schemas(part)]

    for schema in schemas(DOCUMENT):
        assert not schema.keys() & {"anyOf", "oneOf", "allOf", "if", "not"}
        types = schema.get("type")
        assert not isinstance(types, list) or types[1:] == ["null"]
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert f"#/components/schemas/{name}'" not in str(schema)


def test_operations_have_unique_names() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))


def test_every_component_is_used() -> None:
    text = str(DOCUMENT)
    for kind in ("schemas", "parameters", "headers", "responses"):
        unused = [name for name in DOCUMENT["components"][kind] if f"'#/components/{kind}/{name}'" not in text]
        # Those of the command in the path stand inline, each with the example of its operation.
        assert unused == (["command", "argument1", "argument2"] if kind == "parameters" else [])


def test_every_example_fits_its_schema() -> None:
    contents = [operation.get("requestBody", {}).get("content", {}) for _, _, operation in operations()]
    for _, _, operation in operations():
        contents += [resolved(response).get("content", {}) for response in operation["responses"].values()]
    media = [part for content in contents for part in content.values() if "examples" in part]
    assert len(media) > 20
    for part in media:
        for example in part["examples"].values():
            validator(part["schema"]).validate(example["value"])


@pytest.mark.usefixtures("flushed")
def test_every_example_has_the_described_response(http: httpx.Client) -> None:
    for path, method, operation in operations():
        if is_stream(operation):
            continue
        for kind, value in bodies(operation) or [("", None)]:
            body: Object = {} if value is None else {"json": value} if "json" in kind else {"content": value}
            headers = {"Content-Type": kind} if kind else {}
            answer = http.request(method.upper(), filled(path, operation), headers=headers, **body)
            assert answer.status_code == 200, f"{method} {path}: {answer.text}"
            content = operation["responses"]["200"].get("content", {})
            if method == "head":
                assert (answer.content, content) == (b"", {})
                continue
            media = content[answer.headers["Content-Type"].partition(";")[0]]
            if "json" in answer.headers["Content-Type"]:
                validator(media["schema"]).validate(answer.json())


@pytest.mark.usefixtures("flushed")
def test_examples_of_answers_are_what_the_examples_of_requests_give(http: httpx.Client) -> None:
    paths = DOCUMENT["paths"]
    for path, name in (("/pipeline", "batch"), ("/multi-exec", "batch")):
        operation = paths[path]["post"]
        request = operation["requestBody"]["content"]["application/json"]["examples"][name]["value"]
        answer = operation["responses"]["200"]["content"]["application/json"]["examples"][name]["value"]
        assert http.post(path, json=request).json() == answer


def test_every_answer_has_the_headers_that_are_described(http: httpx.Client) -> None:
    for path, method, operation in operations():
        if not is_stream(operation):
            answer = http.request(method.upper(), filled(path, operation))
            described = resolved(operation["responses"][str(answer.status_code)])["headers"]
            assert [name for name in described if name not in answer.headers] == []


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_a_path_has_the_methods_of_the_document_and_no_others(http: httpx.Client, path: str) -> None:
    rows = DOCUMENT["paths"][path]
    url = filled(path, next(iter(rows.values())))
    for method in METHODS:
        if method not in rows:
            answer = http.request(method.upper(), url)
            assert answer.status_code == 405
            assert answer.headers["Allow"].lower().split(", ") == sorted(rows)


def test_what_needs_no_credential_is_described_so(sidecar: Sidecar) -> None:
    for path, method, operation in operations():
        answer = httpx.request(method.upper(), sidecar.url + filled(path, operation), trust_env=False)
        assert answer.status_code == (200 if operation.get("security") == [] else 401)


def test_the_document_is_served_for_this_instance(sidecar: Sidecar, http: httpx.Client) -> None:
    served = http.get("/openapi.json").json()
    assert served == document(sidecar.instance, sidecar.base_path, served["info"]["version"])


def test_every_operation_is_on_the_page() -> None:
    html = page(DOCUMENT)
    for path, method, operation in operations():
        block = re.search(rf'<details id="?{operation["operationId"]}"?[ >].*?</details>', html, re.DOTALL)
        assert block, operation["operationId"]
        assert f">{method.upper()}<" in block[0]
        assert f"<code>{path}</code>" in block[0]
        assert "curl" in block[0]
        for status in operation["responses"]:
            assert f"<code>{status}</code>" in block[0]
        for parameter in map(resolved, operation.get("parameters", ())):
            assert f"<code>{parameter['name']}</code>" in block[0]
    for name in DOCUMENT["components"]["schemas"]:
        assert f'id="schema-{name}"' in html


def test_the_page_has_no_dead_links() -> None:
    html = page(DOCUMENT)
    targets = set(re.findall(r'href="?#([^" >]+)', html))
    assert len(targets) > 30
    assert targets <= set(re.findall(r'id="?([^" >]+)', html))


def test_the_page_escapes_what_it_shows() -> None:
    hostile = '"><script>alert(1)</script>&amp;'
    html = page(document(hostile, f"/{hostile}", hostile))
    assert "<script" not in html
    assert html.count("&lt;script>alert(1)&lt;/script>&amp;amp;") >= 3
