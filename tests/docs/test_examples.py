"""The examples of the documentation, run as their reader runs them: what a page says that they write, they write."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import redis

from tests.docs.conftest import Reader
from tests.docs.coverage import COVERAGE, LANGUAGES, Run, coverage
from tests.harness.documentation import Block, blocks
from tests.harness.sidecar import Sidecar

_OUTPUT = ("json", "text")
_BYTES = "application/octet-stream"


def examples() -> Iterator[tuple[Block, str]]:
    """Each example that is run by itself, with what follows it as its output."""
    for page in COVERAGE:
        found = list(blocks(page))
        for block, following in zip(found, [*found[1:], None], strict=True):
            if block.language in RUNNERS and coverage(page, block.section) is Run.ALONE:
                is_output = following is not None and following.section == block.section and following.language in _OUTPUT
                yield block, following.text if is_output and following else ""


def _shell(reader: Reader, block: Block, node: Path) -> str:
    del node
    return reader.run("bash", "-euo", "pipefail", "-c", block.text)


def _python(reader: Reader, block: Block, node: Path) -> str:
    del node
    return reader.run("python", "-c", block.text)


def _javascript(reader: Reader, block: Block, node: Path) -> str:
    (node / "example.mjs").write_text(block.text, encoding="utf-8")
    return reader.run("node", str(node / "example.mjs"))


def _go(reader: Reader, block: Block, node: Path) -> str:
    del node
    (reader.folder / "main.go").write_text(block.text, encoding="utf-8")
    return reader.run("go", "run", "main.go")


def _java(reader: Reader, block: Block, node: Path) -> str:
    del node
    (reader.folder / "Example.java").write_text(block.text, encoding="utf-8")
    return reader.run("java", "Example.java")


RUNNERS: dict[str, Callable[[Reader, Block, Path], str]] = {
    "sh": _shell,
    "python": _python,
    "js": _javascript,
    "go": _go,
    "java": _java,
}
assert RUNNERS.keys() == LANGUAGES


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("block", "output"), [pytest.param(*each, id=f"{each[0].page}:{each[0].line}") for each in examples()])
def test_example_writes_what_its_page_says(reader: Reader, node_folder: Path, block: Block, output: str) -> None:
    written = RUNNERS[block.language](reader, block, node_folder)
    assert [line for line in output.splitlines() if line not in written] == [], written


@pytest.mark.parametrize(("page", "section"), [("README.md", "Try it"), ("docs/index.md", "From a checkout")])
def test_first_commands_work(reader: Reader, page: str, section: str) -> None:
    start, first, *_ = [block for block in blocks(page) if block.section == section and block.language == "sh"]
    [answer] = [block.text for block in blocks(page) if block.section == section and block.language == "json"]
    assert start.text == "make run\n"
    # What `make run` starts is there already, on a free port.
    commands = first.text.replace("http://127.0.0.1:8080/instances/user-session-cache", reader.url)
    assert commands != first.text
    # Answers have no line break at their end, which the page adds.
    assert reader.run("bash", "-euo", "pipefail", "-c", commands) == answer.replace("\n", "")


@pytest.mark.every_server
def test_keys_are_copied_to_another_instance(sidecar: Sidecar, database: redis.Redis, reader: Reader) -> None:
    shell, program = [block for block in blocks("docs/use/upstash.md") if block.section == "Moving the data"][:2]
    (reader.folder / "copy_keys.py").write_text(program.text, encoding="utf-8")
    source = {"UPSTASH_REDIS_REST_URL": sidecar.url, "UPSTASH_REDIS_REST_TOKEN": sidecar.api_key}
    keys = {b"text": b"Ada", b"bytes \xff/\x00": os.urandom(100)}
    database.mset(keys)
    database.rpush("list", *range(10))
    database.pexpire("text", 3_600_000)
    assert "copied 3 keys" in reader.run("bash", "-euo", "pipefail", "-c", shell.text, **source)
    with httpx.Client(base_url=reader.url, headers={"Authorization": f"Bearer {reader.key}", "Accept": _BYTES}, trust_env=False) as http:
        assert {key: http.get(f"/keys/{quote(key, safe='')}").content for key in keys} == keys
        assert 3500 < http.get("/ttl/text", headers={"Accept": "*/*"}).json()["result"] <= 3600
        assert http.get("/llen/list", headers={"Accept": "*/*"}).json() == {"result": 10}
