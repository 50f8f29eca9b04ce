"""What a browser does on the data page and in the console, and what somebody may have written there."""

from collections.abc import Callable

import httpx
from playwright.sync_api import Page, expect

NAMESPACE = "team-b"
DIRECT = "tests.dashboard.direct_dashboard"
"""The dashboard whose instances are all behind one sidecar."""
BYTES = bytes(range(256))
SCRIPT = "<script>document.title='hostile'</script>"
HOSTILE = f"{SCRIPT}</textarea><img src=x onerror=alert(1)>\u202egnp\x1b[31m"
SHOWN = HOSTILE.replace("\u202e", r"\u202e").replace("\x1b", r"\x1b")
LARGE = 45_000_000

Visit = Callable[..., Page]
"""Opens a page of the instance for the owner of a token; its keywords are those of Playwright's `new_context`."""
Post = Callable[..., httpx.Response]
"""Sends a form to a page of the instance."""


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def open_key(page: Page, name: str) -> None:
    page.locator("#key-list tbody").get_by_role("button", name=name, exact=True).click()
    expect(page.locator("#open-key h2")).to_be_focused()
    expect(page.locator("#open-key h2 bdi")).to_have_text(name)


def unfold(page: Page, name: str) -> None:
    page.locator("#open-key summary").filter(has_text=name).first.click()


def run(page: Page, line: str) -> None:
    number = page.locator(".entry").count()
    page.fill("#line", line)
    page.press("#line", "Enter")
    page.locator(".entry").nth(number).wait_for()


def replies(page: Page) -> list[str]:
    return page.locator(".entry pre").all_inner_texts()
