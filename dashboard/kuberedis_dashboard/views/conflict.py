"""Two people change an instance at the same time: what each of them wants. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kuberedis_dashboard.views.fields import fields
from kuberedis_dashboard.views.form_values import Values


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that somebody else has changed meanwhile."""

    path: str
    label: str
    before: str
    """What it was when the form was opened."""
    theirs: str
    """What it is now."""
    yours: str
    """What the form has."""

    @property
    def is_contested(self) -> bool:
        """Whether the form would change it to something else."""
        return self.yours not in (self.before, self.theirs)


def differences(before: Values, now: Values, yours: Values) -> tuple[Difference, ...]:
    """The fields that are not as they were when the form was opened, in its order.

    Args:
        before: The values that the form was opened with.
        now: The values of the instance now.
        yours: The values that the form has.
    """
    found = []
    for each in fields():
        was, is_now = before.get(each.path), now.get(each.path, "")
        if was is not None and was != is_now:
            found.append(Difference(each.path, each.label, was, is_now, yours.get(each.path, was)))
    return tuple(found)


def merged(before: Values, now: Values, yours: Values) -> dict[str, str]:
    """What the form shows after a conflict: what you changed, and of everything else what it is now."""
    return {path: yours[path] if path in yours and yours[path] != before.get(path, "") else text for path, text in now.items()}
