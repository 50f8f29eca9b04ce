"""One version, in every place that names one."""

import tomllib

import yaml

from tests.install.manifests import ROOT, deployment

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_manifests_name_the_images_of_this_version() -> None:
    container = deployment()["spec"]["template"]["spec"]["containers"][0]
    images = [container["image"], *(variable["value"] for variable in container["env"] if variable["name"].endswith("_IMAGE"))]
    assert images == [f"localhost/kuberedis-{part}:{PROJECT['version']}" for part in ("operator", "sidecar")]


def test_chart_has_this_version() -> None:
    chart = yaml.safe_load((ROOT / "charts/kuberedis/Chart.yaml").read_text())
    assert chart["version"] == chart["appVersion"] == PROJECT["version"]


def test_image_starts_a_program_that_the_package_brings() -> None:
    for part in ("dashboard", "operator", "sidecar"):
        dockerfile = (ROOT / f"Dockerfile.{part}").read_text()
        assert dockerfile.splitlines()[-1] == f'ENTRYPOINT ["kuberedis-{part}"]'
        assert PROJECT["scripts"][f"kuberedis-{part}"] == f"kuberedis_{part}.__main__:main"
        assert f"-t localhost/kuberedis-{part}:{PROJECT['version']} ." in dockerfile


def test_image_runs_as_a_user_that_kubernetes_can_tell_is_not_root() -> None:
    for part in ("dashboard", "operator", "sidecar"):
        assert "\nUSER 65532:65532\n" in (ROOT / f"Dockerfile.{part}").read_text()
