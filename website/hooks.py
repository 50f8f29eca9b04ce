"""What the site needs beside the pages of `docs/`, run by MkDocs (https://www.mkdocs.org/user-guide/configuration/#hooks).

Pages link to files of the repository as they lie there, so that links work wherever the repository is read. On the site those files
are pages or downloads of their own.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from website import commands

ROOT = Path(__file__).parents[1]
DOCS = "docs"
SAMPLES = "config/samples"

PAGES = {
    "CHANGELOG.md": "contribute/changelog.md",
    "CODE_OF_CONDUCT.md": "contribute/code-of-conduct.md",
    "CONTRIBUTING.md": "contribute/index.md",
    "SECURITY.md": "contribute/security.md",
    "bench/README.md": "contribute/benchmarks.md",
    SAMPLES: "reference/samples.md",
}
"""Pages of the site that are not in `docs/`: where they are in the repository, and on the site."""

_SOURCES = {page: source for source, page in PAGES.items()}
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:)([^)#\s]+)(?=(?:#[^)\s]*)?\))")
_NAMELESS = re.compile(r"<th([^>]*)></th>")
_SCRIPTS = {
    "mermaid.js": "website/node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js",
    "iframe-worker.js": "website/node_modules/iframe-worker/shim/index.js",
}
"""What draws the diagrams, and what searches without a server."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, the downloads, and the scripts of others."""
    texts = {source: _samples() if source == SAMPLES else _text(source) for source in PAGES}
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=texts[source]))
    files.append(File.generated(config, "reference/options.md", content=commands.page()))
    texts |= {f"{DOCS}/{file.src_uri}": file.content_string for file in files.documentation_pages() if file.src_uri not in _SOURCES}
    for path in sorted({path for source, text in texts.items() for path in _downloads(source, text)}):
        files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    for name, path in _SCRIPTS.items():
        if not (ROOT / path).is_file():
            raise PluginError(f"{name} is not installed: use `make docs`")
        files.append(File.generated(config, name, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Have links lead to where things are on the site."""
    here = page.file.src_uri
    source = _SOURCES.get(here, f"{DOCS}/{here}")

    def moved(link: re.Match[str]) -> str:
        return posixpath.relpath(_place(_resolved(source, link[0])), posixpath.dirname(here))

    return _LINK.sub(moved, markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Have the head of a column without a name be no heading, which a screen reader would read out."""
    return _NAMELESS.sub(r"<td\1></td>", html)


def _samples() -> str:
    """The sample manifests on one page."""
    parts = ["# Sample manifests", "Apply one with `kubectl apply -f`, or run it on your machine with `kuberedis local`."]
    for path in sorted((ROOT / SAMPLES).glob("*.yaml")):
        parts += [f"## {path.name}", f"```yaml\n{path.read_text(encoding='utf-8')}```"]
    return "\n\n".join(parts)


def _text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _resolved(source: str, link: str) -> str:
    """A link of a file of the repository as a path from its root."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), link))


def _place(path: str) -> str:
    """Where a path of the repository is on the site."""
    if path.startswith(f"{DOCS}/"):
        return path.removeprefix(f"{DOCS}/")
    if path.startswith(f"{SAMPLES}/"):
        return PAGES[SAMPLES]
    return PAGES.get(path, path)


def _downloads(source: str, text: str) -> Iterator[str]:
    """The files outside `docs/` that a text links to and that are no pages."""
    for link in _LINK.findall(text):
        path = _resolved(source, link)
        if not path.startswith(f"{DOCS}/") and _place(path) == path and (ROOT / path).is_file():
            yield path
