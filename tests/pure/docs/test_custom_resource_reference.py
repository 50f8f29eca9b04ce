"""The reference of the custom resource says what its schema says."""

import yaml

from website.custom_resource import CRD, reference

_PAGE = CRD.parents[1] / "docs/reference/custom-resource.md"


def test_reference_of_the_custom_resource_is_current() -> None:
    assert _PAGE.read_text(encoding="utf-8") == reference(yaml.safe_load(CRD.read_text(encoding="utf-8"))), "run `make reference`"
