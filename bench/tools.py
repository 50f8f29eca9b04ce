"""The programs that the measurements need, where they are, and how a machine without them gets them."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError


@dataclass(frozen=True)
class Tool:
    """How to install a program, and how to learn its version: what to run, and where the number stands in its answer."""

    install: str
    ask_version: str
    version_follows: str


TOOLS = {
    "redis-server": Tool("apt-get install redis-server", "redis-server --version", "v="),
    "redis-benchmark": Tool("apt-get install redis-tools", "redis-benchmark --version", "redis-benchmark "),
    "wrk": Tool("apt-get install wrk", "wrk -v", "wrk (?:debian/)?"),
    # No option of webdis prints its version: it would start serving.
    "webdis": Tool("apt-get install webdis", "dpkg-query --show webdis", "webdis\t"),
    "kubectl": Tool("apt-get install kubernetes-client", "kubectl version --client", "Client Version: v"),
    # What `go install` built does not know its own version; the toolchain does.
    "vegeta": Tool("go install github.com/tsenart/vegeta/v12@v12.13.0", "go version -m {path}", r"vegeta/v12\tv"),
}


def find(tool: str) -> str:
    """The path of one of `TOOLS`; raises BenchError that says how to install it."""
    # `go install` puts programs where few people's PATH leads.
    go_bin = os.environ.get("GOBIN") or str(Path(os.environ.get("GOPATH", Path.home() / "go")) / "bin")
    found = shutil.which(tool) or shutil.which(tool, path=go_bin)
    if found is None:
        raise BenchError(f"{tool} is not installed; install it with: {TOOLS[tool].install}")
    return found


def require(tools: Iterable[str]) -> None:
    """Raises BenchError for the first of `tools` that is missing, before anything is measured."""
    for tool in tools:
        find(tool)


def version(name: str) -> str:
    """The version of one of `TOOLS`, or `unknown` where nothing on this machine tells it."""
    tool = TOOLS[name]
    program, *arguments = tool.ask_version.format(path=find(name)).split()
    if shutil.which(program) is None:
        return "unknown"
    said = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    number = re.search(tool.version_follows + r"(\S+)", said.stdout + said.stderr)
    return number[1] if number else "unknown"
