"""promtool takes all expressions, and each alert fires when it should and not otherwise."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.monitoring.alert_cases import CASES, PAUSED, Case, condition
from tests.monitoring.expressions import panels
from tests.monitoring.rules import alerts, write_rules


def promtool(*arguments: str) -> str:
    result = subprocess.run([shutil.which("promtool") or "promtool", *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_rules_are_accepted(tmp_path: Path) -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", str(write_rules(tmp_path)))


def test_expressions_of_dashboards_are_accepted(tmp_path: Path) -> None:
    texts = {panel.filled_in(namespace="shop", name="cache") for panel in panels()}
    recorded = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(sorted(texts))]
    path = tmp_path / "panels.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}))
    assert f"{len(recorded)} rules found" in promtool("check", "rules", str(path))


def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    assert {name: {case.fires for case in cases} for name, cases in CASES.items()} == {name: {True, False} for name in alerts()}


def unit_test(series: dict[str, str], **checks: Any) -> dict[str, Any]:
    inputs = [{"series": name, "values": values} for name, values in series.items()]
    return {"interval": "1m", "input_series": inputs, **checks}


def run(folder: Path, alert: str, *tests: dict[str, Any]) -> None:
    write_rules(folder, only=alert)
    path = folder / "tests.yaml"
    path.write_text(yaml.safe_dump({"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": list(tests)}))
    promtool("test", "rules", str(path))


def firing(alert: str, case: Case) -> dict[str, Any]:
    """The alert fires at the time of the case or does not, and never before what is wrong has lasted."""
    expression = f'count(count by (alertname) (ALERTS{{alertname="{alert}", alertstate="firing"}}))'

    def at(time: str, fires: bool) -> dict[str, Any]:
        return {"expr": expression, "eval_time": time, "exp_samples": [{"labels": "{}", "value": 1}] if fires else []}

    lasting = int(alerts()[alert].get("for", "0m").removesuffix("m"))
    early = [at(f"{lasting - 1}m", False)] if lasting else []
    value = [] if case.value is None else [_value(alerts()[alert]["expr"], case.at, case.value)]
    return unit_test(case.series, name=f"{alert} at {case.at}", promql_expr_test=[*early, at(case.at, case.fires), *value])


def _value(expression: str, time: str, value: float) -> dict[str, Any]:
    # Rates are computed with fractions that no decimal has.
    return {"expr": f"scalar(round({expression}, 0.01))", "eval_time": time, "exp_samples": [{"labels": "{}", "value": value}]}


@pytest.mark.parametrize("alert", CASES)
def test_alert_fires_when_it_should(alert: str, tmp_path: Path) -> None:
    run(tmp_path, alert, *(firing(alert, case) for case in CASES[alert]))


def test_alert_says_which_instance_and_why(tmp_path: Path) -> None:
    alert = "KubeRedisInstanceNotReady"
    annotations = alerts()[alert]["annotations"]
    said = "Requests through the route of the instance fail: NoPrimary. kubectl -n shop describe rhi cache says why."
    expected = {
        "exp_labels": {"namespace": "shop", "name": "cache", "severity": "critical"},
        "exp_annotations": {
            "summary": "shop/cache has not been ready for ten minutes",
            "description": said,
            "runbook_url": annotations["runbook_url"],
        },
    }
    run(
        tmp_path,
        alert,
        unit_test(
            {condition("Ready", "False", "NoPrimary"): "1x20", PAUSED: "0x20"},
            alert_rule_test=[{"eval_time": "15m", "alertname": alert, "exp_alerts": [expected]}],
        ),
    )


def test_alert_names_instances_by_namespace_and_name_only() -> None:
    wrong = re.compile(r"\b(instance|job|cluster|pod)\b\s*[=!,)]")
    assert {name: rule["expr"] for name, rule in alerts().items() if wrong.search(rule["expr"])} == {}
