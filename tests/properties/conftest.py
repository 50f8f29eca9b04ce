"""What the properties share: bounded examples, and calls that are sent as written."""

import os

import pytest
from hypothesis import settings

from tests.harness.sidecar import Sidecar
from tests.sidecar.calls import Caller

# A request takes a millisecond, but the machine may be busy, so that no example has a deadline.
# A gate that fails has to fail again, so that in CI the examples are the same in each run.
settings.register_profile("gateway", max_examples=40, deadline=None, derandomize="CI" in os.environ)
settings.load_profile("gateway")


@pytest.fixture(scope="module")
def call(sidecar: Sidecar) -> Caller:
    """Calls the sidecar with requests that are sent as written."""
    return Caller(sidecar)
