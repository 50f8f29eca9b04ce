"""`python -m tests.docs.audit FOLDER PAGE…`: opens pages of the site in a browser, searches it, and writes what is wrong as a JSON object.

A process of its own, because Playwright's loop and those of other tests do not go together.
"""

import json
import os
import shutil
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.harness.axe import problems

_MILLISECONDS = 300_000
_LOOKS: dict[str, tuple[Literal["light", "dark"], int]] = {"light": ("light", 1280), "dark": ("dark", 1280), "phone": ("light", 390)}
_DRAWN = """
    document.querySelector("pre.mermaid") === null
    && [...document.querySelectorAll("div.mermaid")].every((diagram) => diagram.clientHeight > 0)
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        del format, args


def audit(browser: Browser, origin: str, names: list[str]) -> dict[str, list[str]]:
    """What is wrong, by page and look: what axe finds, what is beside the screen, what the console says, and what is asked of others."""
    found = {}
    for name in names:
        page = browser.new_page()
        page.set_default_timeout(_MILLISECONDS)
        said = _heard(page)
        page.goto(f"{origin}/{name}")
        for look, (scheme, width) in _LOOKS.items():
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_function(_DRAWN)
            found[f"{name}, {look}"] = problems(page)
        found[name] = [what for what in said if not what.startswith((origin, "data:", "blob:"))]
        page.close()
    return {where: wrong for where, wrong in found.items() if wrong}


def search_on_a_disk(browser: Browser, folder: Path) -> list[str]:
    """What the page asks others for when the site is searched without a server; raises if nothing is found."""
    page = browser.new_page()
    page.set_default_timeout(_MILLISECONDS)
    said = _heard(page)
    page.goto(f"{(folder / 'index.html').as_uri()}?q=switchover")
    page.wait_for_selector(".md-search-result__link", state="attached")
    page.close()
    return [what for what in said if not what.startswith(("file:", "data:", "blob:"))]


def _heard(page: Page) -> list[str]:
    """What the page will ask for and write to its console."""
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    page.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
    return heard


def main(folder: str, pages: list[str]) -> None:
    """Serve the folder on loopback and write what is wrong."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder)) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=as_root)
        found = audit(browser, f"http://127.0.0.1:{server.server_port}", pages)
        if beyond := search_on_a_disk(browser, Path(folder)):
            found["search on a disk"] = beyond
        sys.stdout.write(json.dumps(found))
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
