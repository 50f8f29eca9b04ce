"""A control plane for the tests of one file, in place of the cluster that KUBECONFIG names."""

from collections.abc import Iterator

import pytest

from tests.harness.control_plane import ControlPlane


@pytest.fixture(scope="module")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A running one. While it runs, KUBECONFIG is its administrator's."""
    plane = ControlPlane(tmp_path_factory.mktemp("control-plane"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KUBECONFIG", str(plane.kubeconfig))
        try:
            plane.start()
            yield plane
        finally:
            plane.stop()
