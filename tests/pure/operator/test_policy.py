"""What a tenant may not ask for unless the operator's settings allow it, and that the API server's policy is of the same table."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from kuberedis_operator.policy.admission_policy import manifests
from kuberedis_operator.policy.rules import RULES, refusal
from tests.install.manifests import CONFIG
from tests.manifests.policy import ALLOWED_BY_DEFAULT, REFUSED
from tests.operator.rendering import settings


def why(spec: dict[str, Any], **variables: str) -> str:
    """The refusal, empty if the spec is allowed."""
    found = settings(**variables)
    return refusal({"capacity": "1Gi", **spec}, found.allowed, found.ingress_host) or ""


@pytest.mark.parametrize("case", REFUSED)
def test_what_reaches_beyond_the_namespace_is_refused_with_the_setting_that_opens_it(case: str) -> None:
    spec, setting, pattern = REFUSED[case]
    message = why(spec)
    assert message.startswith("spec.")
    assert f"KUBEREDIS_ALLOWED_{setting}" in message
    assert len(message) < 600
    assert why(spec, **{f"KUBEREDIS_ALLOWED_{setting}": pattern}) == ""
    assert why(spec, **{f"KUBEREDIS_ALLOWED_{setting}": f"other/{pattern}"}) != ""


@pytest.mark.parametrize("case", ALLOWED_BY_DEFAULT)
def test_what_stays_inside_is_allowed(case: str) -> None:
    assert why(ALLOWED_BY_DEFAULT[case]) == ""


@pytest.mark.parametrize("sample", sorted((CONFIG / "samples").glob("*.yaml")), ids=lambda path: path.stem)
def test_samples_ask_for_nothing_that_has_to_be_opened(sample: Path) -> None:
    assert [why(document["spec"]) for document in yaml.safe_load_all(sample.read_text())] == [""]


def test_every_rule_is_tried() -> None:
    assert {f"KUBEREDIS_ALLOWED_{setting}" for _, setting, _ in REFUSED.values()} == {rule.setting for rule in RULES}


def test_every_setting_is_documented() -> None:
    documented = (CONFIG.parent / "docs/install/kubernetes.md").read_text()
    assert [rule.setting for rule in RULES if f"| `{rule.setting}` |" not in documented] == []


def test_a_setting_that_is_empty_allows_nothing_not_even_the_default() -> None:
    spec = {"ingress": {"annotations": {"projectcontour.io/response-timeout": "infinity"}}}
    assert why(spec) == ""
    assert "(none)" in why(spec, KUBEREDIS_ALLOWED_ROUTE_ANNOTATIONS="")


def test_a_certificate_for_the_shared_host_is_refused_by_whatever_name_it_is_asked_for() -> None:
    shared = {"KUBEREDIS_INGRESS_HOST": "redis.example.com"}
    assert why({"ingress": {"host": "mine.example.com", "tlsSecretName": "mine"}}, **shared) == ""
    assert why({"ingress": {"host": "redis.example.com", "tlsSecretName": "mine"}}, **shared) != ""


def test_the_manifest_of_the_admission_policy_is_of_this_table() -> None:
    text = (CONFIG / "admission-policy.yaml").read_text()
    assert list(yaml.safe_load_all(text)) == manifests(), "run `make policy`"
