"""What the properties share: calls that are sent as written."""

import pytest

from tests.harness.sidecar import Sidecar
from tests.sidecar.calls import Caller


@pytest.fixture(scope="module")
def call(sidecar: Sidecar) -> Caller:
    """Calls the sidecar with requests that are sent as written."""
    return Caller(sidecar)
