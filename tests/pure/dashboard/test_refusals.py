"""What the API server refuses is shown at its field, in its words."""

import pytest

from kuberedis_dashboard.views.refusals import Refusal, refusal_of

UNKNOWN = 'RedisHttpInstance in version "v1alpha1" cannot be handled: strict decoding error: unknown field "spec.capacitty"'


@pytest.mark.parametrize(
    ("message", "causes", "refusal"),
    [
        (
            "",
            {"spec.capacity": 'Invalid value: "1 GB": write a quantity of bytes, for example 512Mi or 1Gi'},
            Refusal({"capacity": ("write a quantity of bytes, for example 512Mi or 1Gi",)}),
        ),
        (
            "",
            {"spec.config": 'Invalid value: {"a":"b"}: remove daemonize: now', "spec.config[hz]": "Invalid value: 1: write text"},
            Refusal({"config": ("remove daemonize: now", "write text")}),
        ),
        ("", {"metadata.name": 'Invalid value: "A": write lower-case letters'}, Refusal({"name": ("write lower-case letters",)})),
        ("", {"spec.ingress.host": "Too long: may not be"}, Refusal({"ingress.host": ("Too long: may not be",)})),
        ("", {"spec.podTemplate.tolerations": "no"}, Refusal({}, ("spec.podTemplate.tolerations: no",))),
        ("", {"": "a policy says no\x1b[1m"}, Refusal({}, ("a policy says no\\x1b[1m",))),
        ("exceeded quota: small", None, Refusal({}, ("exceeded quota: small",))),
        ("", None, Refusal({}, ("The API server refuses this and does not say why.",))),
        (UNKNOWN, None, Refusal({}, ("spec.capacitty: there is no such field",))),
    ],
)
def test_each_cause_is_at_its_field(message: str, causes: dict[str, str] | None, refusal: Refusal) -> None:
    assert refusal_of(message, causes) == refusal
    assert refusal_of(message, causes)
    assert not Refusal()
