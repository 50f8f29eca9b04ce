"""The reader of manifests against the tables that the API server is tested with: what one refuses, the other refuses."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kuberedis_core.crd.manifest import read_manifest
from kuberedis_core.crd.object_reader import InvalidSpec
from kuberedis_core.crd.spec import Instance
from tests.manifests import bad, good

CONFIG = Path(__file__).parents[3] / "config"
SERVER_SIDE = {
    "uid": "0b6e",
    "generation": 1,
    "creationTimestamp": "2026-01-01T00:00:00Z",
    "resourceVersion": "7",
    "managedFields": [{"manager": "kubectl"}],
}
ADVICE = re.compile(r"(: |; |, or |\b)(write|remove|raise|lower|put quotes|did you mean|change)\b")


def document(name: object = "my-cache", /, **spec: object) -> dict[str, Any]:
    return {
        "apiVersion": "cache.yourcompany.com/v1alpha1",
        "kind": "RedisHttpInstance",
        "metadata": {"name": name},
        "spec": {"capacity": "1Gi", **spec},
    }


def from_the_api_server(manifest: dict[str, Any]) -> dict[str, Any]:
    """The custom resource as the operator reads it, with everything that the API server adds."""
    metadata = {"namespace": "team", **manifest["metadata"], **SERVER_SIDE}
    return {**manifest, "metadata": metadata, "status": {"conditions": [], "someday": 1}}


def refusal(manifest: dict[str, Any]) -> str:
    """The one line with which both kinds of readers refuse a manifest."""
    with pytest.raises(InvalidSpec) as of_a_file:
        read_manifest(manifest)
    with pytest.raises(InvalidSpec) as in_the_operator:
        Instance.from_body(from_the_api_server(manifest))
    assert str(of_a_file.value) == str(in_the_operator.value)
    assert str(of_a_file.value).isprintable()
    return str(of_a_file.value)


def names(message: str, field: str) -> bool:
    """Whether a message names the field, which the API server writes with brackets where it is a key of the user's."""
    return re.sub(r"\[([a-z]+)\]", r".\1", field) in message


@pytest.mark.parametrize("slip", bad.SPECS)
def test_bad_spec_is_refused_by_its_field_with_advice(slip: str) -> None:
    spec, field, _ = bad.SPECS[slip]
    message = refusal(document(**spec))
    assert names(message, field)
    assert ADVICE.search(message)


@pytest.mark.parametrize("setting", [setting for settings in bad.SETTINGS.values() for setting in settings.split()])
def test_setting_that_the_operator_owns_is_refused_with_the_reason(setting: str) -> None:
    assert re.match(f"spec.config: {setting} cannot be set: ....", refusal(document(config={setting: "x"})))


@pytest.mark.parametrize("name", [*bad.NAMES, "a" * 51, 7, None])
def test_name_that_no_instance_can_have_is_refused(name: object) -> None:
    message = refusal(document(name))
    assert message.startswith("metadata.name: ")
    assert "; write " in message


@pytest.mark.parametrize("case", good.SPECS)
def test_good_spec_is_accepted(case: str) -> None:
    manifest = document(**good.SPECS[case])
    assert read_manifest(manifest).spec == Instance.from_body(from_the_api_server(manifest)).spec


def test_name_of_fifty_characters_is_accepted() -> None:
    assert read_manifest(document("a" * 50)).name == "a" * 50


@pytest.mark.parametrize("sample", sorted((CONFIG / "samples").iterdir()), ids=lambda path: path.name)
def test_sample_is_accepted(sample: Path) -> None:
    assert read_manifest(yaml.safe_load(sample.read_text())).name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"apiVersion": "cache.yourcompany.com/v1"}, "apiVersion: is 'cache.yourcompany.com/v1'; write cache.yourcompany.com/v1alpha1"),
        ({"kind": "RedisHTTPInstance"}, "kind: is 'RedisHTTPInstance'; write RedisHttpInstance"),
        ({"metadata": None}, "metadata: missing; write for example metadata: {name: my-cache}"),
        ({"metadata": {}}, "metadata.name: missing; write for example name: my-cache"),
        ({"metadata": []}, "metadata: is []; write an object"),
        ({"metadata": {"name": "a", "label": {}}}, "metadata.label: unknown field; did you mean labels?"),
        ({"metadata": {"name": "a", "labels": {"a b": "c"}}}, "metadata.labels: 'a b' is not a key; write NAME or example.com/NAME"),
        ({"metadata": {"name": "a", "namespace": "Team"}}, "metadata.namespace: 'Team' is not a namespace; write"),
        ({"spec": None}, "spec: missing; write for example spec: {capacity: 1Gi}"),
        ({"spec": "1Gi"}, "spec: is '1Gi'; write an object"),
        ({"specs": {}}, "specs: unknown field; did you mean spec?"),
        ({"spec": {"capacity": "1Gi", 7: "x"}}, "spec.7: the name 7 is not text; put quotes around it"),
    ],
)
def test_rest_of_a_manifest_is_read_too(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSpec, match=re.escape(message)):
        read_manifest({**document(), **change})


def test_names_of_the_fields_are_kept() -> None:
    assert read_manifest(document(paused=None, ingress={}, limits={})).fields == ("capacity", "ingress", "limits")
