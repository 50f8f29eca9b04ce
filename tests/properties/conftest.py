"""What the properties share: bounded examples, and calls that are sent as written."""

import pytest
from hypothesis import settings

from tests.harness.sidecar import Sidecar
from tests.sidecar.calls import Caller

# A request takes a millisecond, but the machine may be busy, so that no example has a deadline.
settings.register_profile("gateway", max_examples=40, deadline=None)
settings.load_profile("gateway")


@pytest.fixture(scope="module")
def call(sidecar: Sidecar) -> Caller:
    """Calls the sidecar with requests that are sent as written."""
    return Caller(sidecar)
