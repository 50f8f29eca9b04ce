"""The Helm chart against the manifests of config/."""

import subprocess

from tests.install.manifests import ROOT, Objects, installed, objects

SYSTEM = "kuberedis-system"


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["helm", "template", "kuberedis", str(ROOT / "charts/kuberedis"), "--namespace", SYSTEM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def rendered(*arguments: str) -> Objects:
    result = helm(*arguments)
    assert result.returncode == 0, result.stderr
    return objects(result.stdout)


def environment(chart: Objects) -> dict[str, str]:
    container = chart["Deployment", SYSTEM, "kuberedis-operator"]["spec"]["template"]["spec"]["containers"][0]
    return {variable["name"]: variable["value"] for variable in container["env"] if "value" in variable}


def test_by_default_the_chart_is_the_manifests() -> None:
    manifests = installed()
    # Helm makes the namespace of a release itself, with --create-namespace.
    del manifests["Namespace", "", SYSTEM]
    assert rendered() == manifests


def test_settings_become_the_operators_environment() -> None:
    chart = rendered("--set", "settings.KUBEREDIS_RESYNC_SECONDS=60", "--set", "settings.KUBEREDIS_INGRESS_HOST=redis.example.com")
    assert environment(chart) == {
        **environment(installed()),
        "KUBEREDIS_RESYNC_SECONDS": "60",
        "KUBEREDIS_INGRESS_HOST": "redis.example.com",
    }


def test_operator_has_the_variables_of_its_traces_and_no_other() -> None:
    endpoint = "http://otel-collector.observability:4318"
    chart = rendered("--set", f"operator.env.OTEL_EXPORTER_OTLP_ENDPOINT={endpoint}")
    assert environment(chart) == {**environment(installed()), "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    assert "PATH" in helm("--set", "operator.env.PATH=/tmp").stderr


def test_what_tenants_may_ask_for_is_in_the_config_map_of_the_policy() -> None:
    chart = rendered(
        "--set", "settings.KUBEREDIS_ALLOWED_IMAGES=registry.example.com/*", "--set", "settings.KUBEREDIS_HOSTS=a=b.example.com"
    )
    assert chart["ConfigMap", SYSTEM, "kuberedis-policy"]["data"] == {
        "KUBEREDIS_ALLOWED_IMAGES": "registry.example.com/*",
        "KUBEREDIS_HOSTS": "a=b.example.com",
    }
    assert environment(chart) == environment(installed())


def test_operator_of_some_namespaces_has_rights_in_no_other() -> None:
    chart = rendered("--set", "namespaces={team-a,team-b}")
    bound = {(kind, namespace): body["roleRef"]["name"] for (kind, namespace, _), body in chart.items() if "roleRef" in body}
    assert bound == {
        ("RoleBinding", "team-a"): "kuberedis-operator",
        ("RoleBinding", "team-b"): "kuberedis-operator",
        ("RoleBinding", SYSTEM): "kuberedis-operator-routes",
        ("ClusterRoleBinding", ""): "kuberedis-operator-storage",
    }
    assert environment(chart)["KUBEREDIS_NAMESPACES"] == "team-a,team-b"


def test_misspelt_value_is_refused() -> None:
    result = helm("--set", "setings.KUBEREDIS_RESYNC_SECONDS=60")
    assert result.returncode == 1
    assert "setings" in result.stderr


def test_namespaces_are_no_setting_because_rights_follow_from_them() -> None:
    result = helm("--set", "settings.KUBEREDIS_NAMESPACES=team-a")
    assert result.returncode == 1
    assert "KUBEREDIS_NAMESPACES" in result.stderr
