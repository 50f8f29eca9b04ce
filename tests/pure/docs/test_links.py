"""Links between pages of the repository lead to files that exist, and to headings that they have, wherever the repository is read."""

import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

import pytest

from tests.harness.documentation import ROOT, pages, tokens

_PAGES = [*pages(), *sorted(path.name for path in ROOT.glob("*.md") if path.name not in pages())]


def _links(page: str) -> Iterator[str]:
    for token in tokens(page):
        for part in token.children or []:
            if part.type in ("link_open", "image"):
                yield str(part.attrGet("href") or part.attrGet("src"))


@cache
def _anchors(page: str) -> frozenset[str]:
    """The anchors that GitHub and GitLab give headings: the second of the same name has `-1` behind it."""
    parsed = tokens(page)
    titles = [
        "".join(part.content for part in parsed[position + 1].children or [] if part.type in ("text", "code_inline"))
        for position, token in enumerate(parsed)
        if token.type == "heading_open"
    ]
    names = [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]
    seen: Counter[str] = Counter()
    anchors = set()
    for name in names:
        anchors.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return frozenset(anchors)


@pytest.mark.parametrize("page", _PAGES)
def test_links_lead_somewhere(page: str) -> None:
    broken = []
    for link in _links(page):
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), parts.path)) if parts.path else page
        if not (ROOT / target).exists() or (parts.fragment and parts.fragment not in _anchors(target)):
            broken.append(link)
    assert broken == []


def test_headings_have_the_anchors_of_the_site_too() -> None:
    """On the site a dash at the end of an anchor is left out, so that no heading may end in what becomes one."""
    assert [(page, anchor) for page in _PAGES for anchor in _anchors(page) if anchor.strip("-") != anchor] == []
