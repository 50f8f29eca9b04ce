"""The code blocks of the documentation, so that tests can run what a reader copies."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Block:
    """A code block.

    Args:
        page: where it is, from the root of the repository.
        line: where it begins.
        section: the heading above it.
        language: of the fence; empty if it has none.
        text: its lines.
    """

    page: str
    line: int
    section: str
    language: str
    text: str


def tokens(page: str) -> list[Token]:
    """A page, parsed by CommonMark and with GitHub's tables."""
    return MarkdownIt("commonmark").enable("table").parse((ROOT / page).read_text(encoding="utf-8"))


def blocks(page: str) -> Iterator[Block]:
    """The code blocks of a page, in their order."""
    section = ""
    parsed = tokens(page)
    for position, token in enumerate(parsed):
        if token.type == "heading_open":
            section = parsed[position + 1].content
        elif token.type in ("fence", "code_block"):
            yield Block(page, token.map[0] + 1 if token.map else 0, section, token.info.strip(), token.content)


def shell_lines(page: str, *sections: str, without: tuple[str, ...] = ()) -> list[str]:
    """The shell commands of some sections of a page, but for lines that begin with one of `without`."""
    texts = [block.text for block in blocks(page) if block.language == "sh" and block.section in sections]
    assert texts, f"{page} has no commands in {sections}"
    return [line for text in texts for line in text.splitlines() if not line.startswith(without)]


def pages() -> list[str]:
    """All pages for readers, from the root of the repository."""
    docs = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))
    return ["README.md", "CONTRIBUTING.md", "bench/README.md", *docs]
