"""The examples of a page of the docs: blocks ```` ```console ```` with command lines behind `$ `, each above what it prints.

`...` in an output stands for anything on its line, and a line of nothing else for any lines. Spaces that end a line do not count.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LIMIT_SECONDS = 60.0

_HEADING = re.compile(r"^#{2,3} (.+)$")


@dataclass(frozen=True)
class Example:
    """A command line, and what it prints."""

    section: str
    command: str
    output: str


def examples(page: Path) -> list[Example]:
    """The examples of a page, in order."""
    found: list[Example] = []
    section, inside = "", False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = line == "```console"
        elif inside and line.startswith("$ "):
            found.append(Example(section, line.removeprefix("$ "), ""))
        elif inside:
            last = found.pop()
            found.append(Example(section, last.command, f"{last.output}{line}\n"))
        elif match := _HEADING.match(line):
            section = match[1]
    return found


def run(command: str, cwd: Path) -> str:
    """What a command line prints, with `kuberedis` of this environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/bash", "-c", command],
        cwd=cwd,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    return done.stdout


def fits(expected: str, printed: str) -> bool:
    """Whether what was printed is what an example says."""
    lines = ["(?:.*\n)*" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n" for line in expected.splitlines()]
    return re.fullmatch("".join(lines), re.sub(r" +$", "", printed, flags=re.MULTILINE)) is not None
