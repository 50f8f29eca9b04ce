"""Chromium without a window, kept to this machine's loopback."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALLED = shutil.which("chromium") is not None

PAGE_SECONDS = 60

_FLAGS = [
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    # What a page writes to its console, refusals of its content security policy among it, goes to standard error.
    "--enable-logging=stderr",
]


def _command(profile: Path, *arguments: str) -> list[str]:
    # Chromium's sandbox refuses to work for root, which tests in a container often are.
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return ["chromium", *_FLAGS, *as_root, f"--user-data-dir={profile}", *arguments]


class Visit:
    """A page that was loaded to its end.

    Attributes:
        dom: The document as HTML, after loading.
        console: What the page wrote to its console.
        requested: every URL that the loaded page made the browser request.
    """

    def __init__(self, url: str, folder: Path) -> None:
        log = folder / "net.json"
        done = subprocess.run(
            _command(folder / "profile", f"--log-net-log={log}", "--dump-dom", url),
            capture_output=True,
            text=True,
            timeout=PAGE_SECONDS,
            check=True,
        )
        self.dom = done.stdout
        self.console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        events = json.loads(log.read_text())["events"]
        requests = [event["params"] for event in events if "initiator" in event.get("params", {})]
        # What has no origin as its initiator is the visit itself, or the browser's own business.
        self.requested = {params["url"] for params in requests if params["initiator"] != "not an origin"}


@contextmanager
def open_page(url: str, folder: Path) -> Iterator[None]:
    """Keep `url` open in a browser of its own."""
    with subprocess.Popen(_command(folder / "profile", url), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as browser:
        try:
            yield
        finally:
            browser.terminate()
