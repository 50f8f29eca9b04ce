"""Findings as a person reads them, what is wrong in red and what helps below it; and as a program does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from rich.text import Text

from kuberedis_cli.diagnose.findings import Finding
from kuberedis_cli.output.console import console
from kuberedis_cli.output.lines import write_json
from kuberedis_cli.output.printable import printable

_STYLES = {"ok": "green", "note": "yellow", "problem": "red"}


def show(findings: Sequence[Finding], *, as_text: bool) -> None:
    """Write findings to standard output, as lines or as an array of JSON."""
    if not as_text:
        write_json([asdict(finding) for finding in findings])
        return
    screen = console()
    for finding in printable(list(findings)):
        screen.print(Text.assemble((f"{finding.level:<7}", _STYLES[finding.level]), "  ", finding.text), soft_wrap=True)
        if finding.advice:
            screen.print(Text(f"         -> {finding.advice}"), soft_wrap=True)
