"""The dashboard's manifest and the chart's part for it."""

import pytest

from tests.install.manifests import CONFIG, ROOT, installed, objects
from tests.install.test_chart_installs_what_the_manifests_install import SYSTEM, environment, helm, rendered

MANIFEST = objects((CONFIG / "dashboard/dashboard.yaml").read_text())
NAME = "kuberedis-dashboard"
ENABLED = ("--set", "dashboard.enabled=true", "--set", "dashboard.url=https://dashboard.example.com")


def test_chart_installs_what_the_manifest_installs() -> None:
    chart = rendered(*ENABLED)
    assert {key: body for key, body in chart.items() if key[2] == NAME} == MANIFEST


def test_operator_lets_the_dashboard_of_the_chart_in() -> None:
    assert environment(rendered(*ENABLED)) == {**environment(installed()), "KUBEREDIS_DASHBOARD_NAMESPACE": SYSTEM}


def test_dashboard_is_off_unless_it_is_asked_for() -> None:
    assert not any(name == NAME for _, _, name in (*rendered(), *installed()))


def test_dashboard_has_no_rights_and_no_token() -> None:
    assert not any(kind.endswith(("Role", "RoleBinding")) for kind, _, _ in MANIFEST)
    pod = MANIFEST["Deployment", SYSTEM, NAME]["spec"]["template"]["spec"]
    account = MANIFEST["ServiceAccount", SYSTEM, NAME]
    assert [pod["automountServiceAccountToken"], account["automountServiceAccountToken"]] == [False, False]
    assert not any("projected" in volume or "secret" in volume for volume in pod["volumes"])


def test_dashboard_without_a_host_of_its_own_is_refused() -> None:
    assert "dashboard.url is missing" in helm("--set", "dashboard.enabled=true").stderr


@pytest.mark.parametrize("url", ["dashboard.example.com", "https://redis.example.com/dashboard", "https://*.example.com"])
def test_url_that_is_no_origin_is_refused(url: str) -> None:
    assert helm("--set", "dashboard.enabled=true", "--set", f"dashboard.url={url}").returncode == 1


def test_image_is_built_of_what_it_runs() -> None:
    copied = {line.split()[1] for line in (ROOT / "Dockerfile.dashboard").read_text().splitlines() if line.startswith("COPY ")}
    assert {"core", "operator", "dashboard"} <= copied
    assert not {"sidecar", "cli"} & copied
