"""Each alert has a runbook, and leads to it."""

import re

import pytest

from tests.monitoring.rules import ROOT, alerts

RUNBOOKS = (ROOT / "docs/troubleshoot/runbooks.md").read_text()
PARTS = ("Meaning", "Impact", "Diagnosis", "hat to do")


def anchor(heading: str) -> str:
    """The anchor that GitHub and GitLab give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def sections() -> dict[str, str]:
    """The sections about alerts, by heading."""
    parts = re.split(r"^#{1,2} (.+)$", RUNBOOKS, flags=re.MULTILINE)
    return {heading: text for heading, text in zip(parts[1::2], parts[2::2], strict=True) if heading.startswith("KubeRedis")}


def test_each_alert_has_a_runbook_and_each_runbook_an_alert() -> None:
    assert sorted(sections()) == sorted(alerts())


@pytest.mark.parametrize("alert", sorted(alerts()))
def test_alert_leads_to_its_runbook(alert: str) -> None:
    assert alerts()[alert]["annotations"]["runbook_url"] == f"docs/troubleshoot/runbooks.md#{anchor(alert)}"
    assert [part for part in PARTS if part not in sections()[alert]] == []


def test_links_within_the_runbooks_lead_somewhere() -> None:
    anchors = {anchor(heading) for heading in re.findall(r"^#+ (.+)$", RUNBOOKS, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", RUNBOOKS)) <= anchors
