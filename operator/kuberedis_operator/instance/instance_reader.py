"""Reads a custom resource as the operator accepts it: a spec that fits, and asks for nothing that the settings do not allow."""

from __future__ import annotations

from kuberedis_core.body import Body
from kuberedis_core.crd.spec import Instance
from kuberedis_operator.errors import NotAllowed
from kuberedis_operator.policy.rules import refusal
from kuberedis_operator.settings import OperatorSettings


def read_instance(body: Body, settings: OperatorSettings) -> Instance:
    """The instance.

    Raises:
        InvalidSpec: the spec cannot be used.
        NotAllowed: it asks for too much.
    """
    instance = Instance.from_body(body)
    if (why := refusal(body["spec"], settings.allowed, settings.ingress_host)) is not None:
        raise NotAllowed(why)
    return instance
