"""Which tests one worker of pytest-xdist runs together, and in which order they are given out."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

import pytest
from xdist.scheduler import LoadScopeScheduling

_ON_REDIS = re.compile(r"[\[-]redis[-\]]")
_INDEPENDENT = ("tests/cli", "tests/operator/handlers", "tests/crd")
"""Folders whose tests share nothing: each is given out by itself."""
_TOGETHER = ("tests/cluster/usage",)
"""Folders whose modules, with those of the folders in them, share what is expensive: all of them go to one worker."""


class ByModuleAndServer(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no type hints
    """Gives the tests of one module on one server to one worker, so that what they share is started once."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """What a test shares its worker with; tests of one scope run one after the other."""
    module, _, test = nodeid.partition("::")
    folder = str(PurePosixPath(module).parent)
    if folder in _INDEPENDENT:
        return nodeid
    for shared in _TOGETHER:
        if PurePosixPath(folder).is_relative_to(shared):
            return shared
    return f"{module} on {'redis' if _ON_REDIS.search(test) else 'valkey'}"


def slow_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests in their order, but the slow ones first: a worker that starts one of them last would keep the others waiting."""
    return sorted(items, key=lambda item: item.get_closest_marker("slow") is None)
