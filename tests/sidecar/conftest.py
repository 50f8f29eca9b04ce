"""What the tests of the protocol share."""

import pytest

from tests.harness.sidecar import Sidecar
from tests.sidecar.calls import Caller


@pytest.fixture
def call(sidecar: Sidecar) -> Caller:
    """Calls the sidecar with requests that are sent as written."""
    return Caller(sidecar)
