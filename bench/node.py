"""The programs of npm that the dashboard's benchmarks use: Lighthouse and axe, at the versions locked in `bench/node`."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from bench import tools
from bench.errors import BenchError

FOLDER = Path(__file__).parent / "node"
"""What npm installs from."""

_PACKAGES = FOLDER / "node_modules"
_CATEGORIES = ("performance", "accessibility", "best-practices")
_LONGEST_SECONDS = 300.0


@cache
def axe() -> str:
    """The script of axe."""
    return _packages("axe-core/axe.min.js").read_text()


def version(package: str) -> str:
    """The installed version of a package."""
    return str(json.loads(_packages(f"{package}/package.json").read_text())["version"])


def lighthouse(url: str, headers: dict[str, str], folder: Path) -> dict[str, Any]:
    """A report of Lighthouse, as it rates phones: on a slow network and processor, which it simulates.

    Args:
        url: address of the page.
        headers: fields that each request carries; they are passed in a file, because they are secret.
        folder: for files.

    Raises:
        BenchError: it could not rate the page.
    """
    fields, report = folder / "headers.json", folder / "report.json"
    fields.write_text(json.dumps(headers))
    fields.chmod(0o600)
    command = [
        tools.find("node"),
        str(_packages("lighthouse/cli/index.js")),
        url,
        "--quiet",
        "--output=json",
        f"--output-path={report}",
        f"--extra-headers={fields}",
        f"--only-categories={','.join(_CATEGORIES)}",
        f"--chrome-path={tools.find('chromium')}",
        "--chrome-flags=--headless=new --no-sandbox",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        raise BenchError(f"Lighthouse needed more than {_LONGEST_SECONDS:.0f} s for {url}") from None
    if done.returncode != 0:
        raise BenchError(f"Lighthouse cannot rate {url}: {done.stderr.strip()[-500:]}")
    answer: dict[str, Any] = json.loads(report.read_text())
    return answer


def _packages(path: str) -> Path:
    found = _PACKAGES / path
    if not found.exists():
        raise BenchError(f"{path.partition('/')[0]} is not installed; install it with: npm ci --ignore-scripts --prefix bench/node")
    return found
