"""How long to wait before another try."""

from __future__ import annotations

import random


def backoff_seconds(failures: int, *, first: float, longest: float) -> float:
    """The pause after `failures` failures in a row, in seconds.

    It is drawn between half of a bound and the bound, so that many that failed together do not all come back together. The bound is
    `first` after the first failure and doubles with each further one, up to `longest`.

    Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ ("equal jitter").
    """
    bound = min(first * 2.0 ** min(max(failures, 1) - 1, 30), longest)
    return bound * random.uniform(0.5, 1.0)  # noqa: S311 a pause, not a secret
