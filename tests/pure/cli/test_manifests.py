"""A manifest that `kubectl apply` refuses does not run in local mode either, and one that it takes does."""

import re
from pathlib import Path

import pytest

from kuberedis_cli.errors import ManifestError
from kuberedis_cli.local.manifests import parse
from tests.cli.manifest_files import manifest
from tests.manifests import bad, good

SOURCE = Path("cache.yaml")


def refusal(text: str) -> str:
    with pytest.raises(ManifestError) as refused:
        parse(text, SOURCE)
    return str(refused.value)


@pytest.mark.parametrize("slip", bad.SPECS)
def test_bad_spec_is_refused_by_its_file_and_field(slip: str) -> None:
    spec, field, _ = bad.SPECS[slip]
    message = refusal(manifest("my-cache", **spec))
    assert message.startswith(f"{SOURCE}: spec.")
    assert re.sub(r"\[([a-z]+)\]", r".\1", field) in message
    assert "\n" not in message


@pytest.mark.parametrize("setting", [setting for settings in bad.SETTINGS.values() for setting in settings.split()])
def test_setting_of_the_operator_is_refused(setting: str) -> None:
    assert refusal(manifest("my-cache", config={setting: "x"})).startswith(f"{SOURCE}: spec.config: {setting} cannot be set: ")


@pytest.mark.parametrize("name", [*bad.NAMES, "a" * 51])
def test_name_that_no_service_could_have_is_refused(name: str) -> None:
    assert refusal(manifest(name)).startswith(f"{SOURCE}: metadata.name: ")


@pytest.mark.parametrize("case", good.SPECS)
def test_good_spec_is_accepted(case: str) -> None:
    [instance] = parse(manifest("my-cache", **good.SPECS[case]), SOURCE).instances
    assert instance.name == "my-cache"


@pytest.mark.parametrize("text", ["a: 2026-13-45", f"a: {'9' * 5000}", "[" * 3000, "a: !!python/object:os.system {}"])
def test_text_that_no_yaml_reader_takes_is_refused_on_one_line(text: str) -> None:
    assert refusal(text).startswith(f"{SOURCE}: not YAML: ")
