"""The rules of config/monitoring, as Prometheus reads them."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "config/monitoring"


def groups() -> list[dict[str, Any]]:
    """The groups of rules."""
    found: list[dict[str, Any]] = yaml.safe_load((MONITORING / "rules.yaml").read_text())["spec"]["groups"]
    return found


def rules() -> list[dict[str, Any]]:
    """All rules."""
    return [rule for group in groups() for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    """The rules that are alerts, by name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def write_rules(folder: Path, only: str | None = None) -> Path:
    """Write a file of rules for Prometheus and promtool into `folder`, and return its path.

    Args:
        folder: where to write it.
        only: name of an alert, without which and what it needs the rules are left out.
    """
    written = [{**group, "rules": [rule for rule in group["rules"] if only is None or _is_needed(rule, only)]} for group in groups()]
    path = folder / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [group for group in written if group["rules"]]}, sort_keys=False))
    return path


def _is_needed(rule: dict[str, Any], alert: str) -> bool:
    return alert == rule["alert"] if "alert" in rule else rule["record"] in alerts()[alert]["expr"]
