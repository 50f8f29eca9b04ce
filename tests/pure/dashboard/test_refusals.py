"""What the API server refuses is shown at its field, in its words."""

from typing import Any

import pytest

from kuberedis_dashboard.views.refusals import Refusal, refusal_of


def status(*causes: tuple[str, str], message: str = "") -> dict[str, Any]:
    """A Status with causes, each a field and a message."""
    return {"message": message, "details": {"causes": [{"field": field, "message": text} for field, text in causes]}}


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (
            status(("spec.capacity", 'Invalid value: "1 GB": write a quantity of bytes, for example 512Mi or 1Gi')),
            Refusal({"capacity": ("write a quantity of bytes, for example 512Mi or 1Gi",)}),
        ),
        (
            status(("spec.config", 'Invalid value: {"a":"b"}: remove daemonize: now'), ("spec.config[hz]", "Invalid value: 1: write text")),
            Refusal({"config": ("remove daemonize: now", "write text")}),
        ),
        (status(("metadata.name", 'Invalid value: "A": write lower-case letters')), Refusal({"name": ("write lower-case letters",)})),
        (
            status(("spec.ingress.host", "Too long: may not be more than 253 bytes")),
            Refusal({"ingress.host": ("Too long: may not be more than 253 bytes",)}),
        ),
        (status(("spec.podTemplate.tolerations", "no")), Refusal({}, ("spec.podTemplate.tolerations: no",))),
        (status(("", "a policy says no\x1b[1m")), Refusal({}, ("a policy says no\\x1b[1m",))),
        ({"message": "exceeded quota: small"}, Refusal({}, ("exceeded quota: small",))),
        ({}, Refusal({}, ("The API server refuses this and does not say why.",))),
        ({"message": 'strict decoding error: unknown field "spec.capacitty"'}, Refusal({}, ("spec.capacitty: there is no such field",))),
        ({"message": "m", "details": {"causes": [7, {"message": 8}]}}, Refusal({}, ("8",))),
    ],
)
def test_each_cause_is_at_its_field(answer: dict[str, Any], refusal: Refusal) -> None:
    assert refusal_of(answer) == refusal
    assert refusal_of(answer)
    assert not Refusal()
