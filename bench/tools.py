"""The programs that the measurements need: where they are, and how to install them."""

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
    """How to install a program, the command that prints its version, and the text before the version in that output."""

    install: str
    ask_version: str
    version_follows: str


_CONTROL_PLANE = "export PATH=$PATH:FOLDER, with the folder of a Kubernetes release's server programs and of etcd"

TOOLS = {
    "redis-server": Tool("apt-get install redis-server", "redis-server --version", "v="),
    "redis-benchmark": Tool("apt-get install redis-tools", "redis-benchmark --version", "redis-benchmark "),
    "wrk": Tool("apt-get install wrk", "wrk -v", "wrk (?:debian/)?"),
    # webdis has no option that prints its version.
    "webdis": Tool("apt-get install webdis", "dpkg-query --show webdis", "webdis\t"),
    "chromium": Tool("apt-get install chromium", "chromium --version", "Chromium "),
    "node": Tool("apt-get install nodejs npm", "node --version", "v"),
    "kubectl": Tool("apt-get install kubernetes-client", "kubectl version --client", "Client Version: v"),
    **dict.fromkeys(("kube-apiserver", "kube-controller-manager", "etcd"), Tool(_CONTROL_PLANE, "", "")),
    # A program built by `go install` does not know its own version, but the toolchain does.
    "vegeta": Tool("go install github.com/tsenart/vegeta/v12@v12.13.0", "go version -m {path}", r"vegeta/v12\tv"),
}


def find(tool: str) -> str:
    """The path of one of `TOOLS`.

    Raises:
        BenchError: It is not installed; the message says how to install it.
    """
    # `go install` puts programs into a folder that is often not on the PATH.
    go_bin = os.environ.get("GOBIN") or str(Path(os.environ.get("GOPATH", Path.home() / "go")) / "bin")
    found = shutil.which(tool) or shutil.which(tool, path=go_bin)
    if found is None:
        raise BenchError(f"{tool} is not installed; install it with: {TOOLS[tool].install}")
    return found


def require(tools: Iterable[str]) -> None:
    """Raises BenchError for the first of `tools` that is missing; called before anything is measured."""
    for tool in tools:
        find(tool)


def version(name: str) -> str:
    """The version of one of `TOOLS`, or `unknown` if it cannot be determined on this machine."""
    tool = TOOLS[name]
    program, *arguments = tool.ask_version.format(path=find(name)).split()
    if shutil.which(program) is None:
        return "unknown"
    output = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    number = re.search(tool.version_follows + r"(\S+)", output.stdout + output.stderr)
    return number[1] if number else "unknown"
