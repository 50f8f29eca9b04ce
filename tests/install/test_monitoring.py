"""What the chart and the manifests of config/monitoring bring for Prometheus and Grafana."""

import json
import shutil
import subprocess

import pytest

from tests.install.manifests import CONFIG, Objects, objects
from tests.install.test_chart_installs_what_the_manifests_install import SYSTEM, rendered

FLAGS = [f"monitoring.{what}.enabled=true" for what in ("podMonitors", "rules", "dashboards")]
EVERYTHING = [argument for flag in FLAGS for argument in ("--set", flag)]


def added(*arguments: str) -> Objects:
    """What the chart renders for Prometheus and Grafana."""
    new = {"PodMonitor", "PrometheusRule"}
    return {key: body for key, body in rendered(*arguments).items() if key[0] in new or key[2].startswith("kuberedis-dashboard-")}


def kustomized() -> Objects:
    result = subprocess.run(
        [shutil.which("kubectl") or "kubectl", "kustomize", str(CONFIG / "monitoring")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return objects(result.stdout)


def by_hand() -> Objects:
    """What `kubectl apply -k` applies, without the ConfigMaps."""
    return {
        key: body for name in ("pod-monitors", "rules") for key, body in objects((CONFIG / f"monitoring/{name}.yaml").read_text()).items()
    }


def test_chart_brings_the_manifests_and_the_dashboards() -> None:
    chart = added(*EVERYTHING)
    maps = {key: chart.pop(key) for key in list(chart) if key[0] == "ConfigMap"}
    assert chart == by_hand()
    files = {path.name: json.loads(path.read_text()) for path in (CONFIG / "monitoring/dashboards").iterdir()}
    assert {name: json.loads(text) for body in maps.values() for name, text in body["data"].items()} == files
    assert all(body["metadata"]["labels"]["grafana_dashboard"] == "1" for body in maps.values())


# kubectl is there where a cluster is.
@pytest.mark.parametrize("way", ["kustomize"] if shutil.which("kubectl") else [])
def test_manifests_bring_what_the_chart_brings(way: str) -> None:
    assert way == "kustomize"
    assert kustomized() == added(*EVERYTHING)


@pytest.mark.parametrize("flag", FLAGS)
def test_each_part_is_switched_on_by_itself(flag: str) -> None:
    kinds = {"podMonitors": {"PodMonitor"}, "rules": {"PrometheusRule"}, "dashboards": {"ConfigMap"}}[flag.split(".")[1]]
    assert {kind for kind, _, _ in added("--set", flag)} == kinds


def test_labels_by_which_others_select_are_the_users() -> None:
    label = "labels.release=stack"
    chart = added(*EVERYTHING, *(argument for flag in FLAGS for argument in ("--set", flag.replace("enabled=true", label))))
    assert [key for key, body in chart.items() if body["metadata"]["labels"].get("release") != "stack"] == []


def test_operator_of_some_namespaces_has_prometheus_read_those() -> None:
    chart = rendered("--set", FLAGS[0], "--set", "namespaces={team-a,team-b}")
    assert chart["PodMonitor", SYSTEM, "kuberedis-instances"]["spec"]["namespaceSelector"] == {"matchNames": ["team-a", "team-b"]}


def test_runbooks_are_where_the_users_people_read_them() -> None:
    url = "https://git.example.com/kuberedis/docs/troubleshoot/runbooks.md"
    chart = added("--set", FLAGS[1], "--set", f"monitoring.rules.runbookUrl={url}")
    groups = chart["PrometheusRule", SYSTEM, "kuberedis"]["spec"]["groups"]
    urls = [rule["annotations"]["runbook_url"] for group in groups for rule in group["rules"] if "alert" in rule]
    assert len(urls) > 15
    assert {each.partition("#")[0] for each in urls} == {url}
