"""The samples of a cluster are manifests of local mode too."""

from pathlib import Path

import pytest

from kuberedis_cli.local.manifests import parse
from tests.install.manifests import CONFIG


@pytest.mark.parametrize("sample", sorted((CONFIG / "samples").iterdir()), ids=lambda path: path.name)
def test_sample_runs_in_local_mode(sample: Path) -> None:
    assert len(parse(sample.read_text(), sample).instances) == 1
