"""Chromium, in which nothing that a page complains of goes unnoticed."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

_PAGE_MILLISECONDS = 30_000
expect.set_options(timeout=_PAGE_MILLISECONDS)

OpenPage = Callable[..., Page]
"""Opens a page of a new browser context; its keywords are those of Playwright's `new_context`."""


@contextmanager
def chromium(playwright: Playwright, *arguments: str) -> Iterator[Browser]:
    """Chromium with these arguments, until the end of the block."""
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*as_root, *arguments])
    yield browser
    browser.close()


@contextmanager
def watched_pages(browser: Browser, origin: str) -> Iterator[OpenPage]:
    """Opens pages, until the end of the block. Whatever one writes to its console is an error: what its policy refuses too.

    Args:
        browser: what opens them.
        origin: how the addresses begin that they may ask; to ask another one is an error.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_page(**options: object) -> Page:
        context: BrowserContext = browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(_PAGE_MILLISECONDS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: note(page, message.text))
        page.on("pageerror", lambda error: note(page, str(error)))
        page.on("request", lambda request: None if request.url.startswith(origin) else note(page, request.url))
        return page

    def note(page: Page, problem: str) -> None:
        # Chromium reports each status of an error; the tests look at those themselves.
        if not problem.startswith("Failed to load resource: the server responded"):
            problems.append(f"{page.url}: {problem}")

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []
