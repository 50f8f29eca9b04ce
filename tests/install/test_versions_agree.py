"""One version, in every place that names one."""

import re
import tomllib

import yaml

from kuberedis_core.version import VERSION
from tests.install.manifests import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
IMAGE = re.compile(r"(?:kuberedis-(?:operator|sidecar|dashboard)|localhost/…):([0-9.]+[0-9])")


def test_all_that_names_an_image_names_that_of_this_version() -> None:
    texts = [*ROOT.glob("Dockerfile.*"), *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    texts += [path for folder in ("config", "charts") for path in (ROOT / folder).rglob("*.yaml")]
    named = {(path, version) for path in texts if path.name != "CHANGELOG.md" for version in IMAGE.findall(path.read_text())}
    assert {(path, version) for path, version in named if version != PROJECT["version"]} == set()
    assert {ROOT / "config/operator-deployment.yaml", ROOT / "config/dashboard/dashboard.yaml"} < {path for path, _ in named}


def test_chart_and_code_have_this_version() -> None:
    chart = yaml.safe_load((ROOT / "charts/kuberedis/Chart.yaml").read_text())
    assert chart["version"] == chart["appVersion"] == VERSION == PROJECT["version"]


def test_changelog_has_a_section_for_this_version() -> None:
    assert re.search(rf"^## \[{re.escape(VERSION)}\] - 20\d\d-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_image_starts_a_program_that_the_package_brings() -> None:
    for part in ("dashboard", "operator", "sidecar"):
        dockerfile = (ROOT / f"Dockerfile.{part}").read_text()
        assert dockerfile.splitlines()[-1] == f'ENTRYPOINT ["kuberedis-{part}"]'
        assert PROJECT["scripts"][f"kuberedis-{part}"] == f"kuberedis_{part}.__main__:main"
        assert f"-t localhost/kuberedis-{part}:{PROJECT['version']} ." in dockerfile


def test_image_runs_as_a_user_that_kubernetes_can_tell_is_not_root() -> None:
    for part in ("dashboard", "operator", "sidecar"):
        assert "\nUSER 65532:65532\n" in (ROOT / f"Dockerfile.{part}").read_text()
