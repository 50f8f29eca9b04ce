"""Decides which keys an instance shall have, from the keys in its Secret and the annotations of the instance. Pure.

The Secret alone records what was done: the keys and the request that they fulfil are written in one step, so an interrupted rotation
neither happens twice nor loses a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import durationpy

from kuberedis_core.crd.names import ROTATE_KEY, ROTATE_KEY_GRACE
from kuberedis_core.crd.text_rules import shown
from kuberedis_core.credentials import new_key
from kuberedis_operator.errors import InvalidAnnotation
from kuberedis_operator.resources.secret import InstanceKeys

_LONGEST_GRACE = timedelta(days=3650)
"""A time that can be added to any date; a key for longer than that is no previous one."""


def first_keys(annotations: Mapping[str, str], now: datetime, *, replaces: bool) -> InstanceKeys:
    """Keys for an instance that has none.

    Args:
        annotations: annotations of the instance.
        now: current time.
        replaces: whether it had some that are lost.
    """
    # A new key fulfils a pending request as well.
    return InstanceKeys(new_key(), request=annotations.get(ROTATE_KEY, ""), made_at=now, origin="replaced" if replaces else "created")


def next_keys(current: InstanceKeys, annotations: Mapping[str, str], now: datetime, default_grace: timedelta) -> InstanceKeys:
    """The keys that follow `current`: rotated if that is requested, without a previous key that has expired.

    Args:
        current: present keys.
        annotations: annotations of the instance.
        now: current time.
        default_grace: how long the previous key stays valid unless an annotation says otherwise.

    Raises:
        InvalidAnnotation: a rotation is requested, with a period that cannot be read.
    """
    request = annotations.get(ROTATE_KEY, "")
    if request and request != current.request:
        grace = _grace(annotations.get(ROTATE_KEY_GRACE), default_grace)
        return InstanceKeys(
            new_key(),
            previous=current.key if grace else None,
            previous_expires_at=now + grace if grace else None,
            request=request,
            made_at=now,
            origin="rotated",
            revocations=current.revocations,
        )
    if current.previous_expires_at is not None and current.previous_expires_at <= now:
        return replace(current, previous=None, previous_expires_at=None)
    return current


def _grace(text: str | None, default: timedelta) -> timedelta:
    if text is None:
        return default
    try:
        grace: timedelta = durationpy.from_str(text)
    except (durationpy.DurationError, OverflowError):
        grace = timedelta(-1)
    if grace < timedelta(0):
        raise InvalidAnnotation(f"annotation {ROTATE_KEY_GRACE}: {shown(text)} is not a duration; write for example 1h, 30m or 0s")
    if grace > _LONGEST_GRACE:
        raise InvalidAnnotation(
            f"annotation {ROTATE_KEY_GRACE}: {shown(text)} is too long; write at most {_LONGEST_GRACE // timedelta(hours=1)}h"
        )
    return grace
